// One starter of start-race.process.test.ts: opens the file and migrates it at the moment it is told to.
import { migrate, openDatabase } from '@holdfast/store/sqlite'

const [path, folder, storeId] = process.argv.slice(2)

process.once('message', () => {
  try {
    const connection = openDatabase({ path, role: 'writer', create: true, lockWaitMs: 20_000 })
    const { applied } = migrate(connection, { folder, storeId, nowMs: Date.now(), lockWaitMs: 20_000 })
    process.send({ applied: applied.map(({ version }) => version) }, () => process.exit(0))
  } catch (error) {
    process.send({ code: error.code, message: error.message }, () => process.exit(1))
  }
})
process.send('ready')
