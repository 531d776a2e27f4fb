// Opens the store at the path given, writes, and stays until it is killed.
import { openStore } from '@holdfast/store/sqlite'

const store = await openStore({ path: process.argv[2], writer: 'inline' })
await store.processes.register({
  id: store.info().processId,
  kind: 'worker',
  host: 'here',
  pid: process.pid,
  version: '1',
})
process.stdout.write(`${JSON.stringify({ registered: true })}\n`)
setInterval(() => {}, 60_000)
