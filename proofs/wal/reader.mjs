// A program that reads without a pause, on both of its store's reader threads, so that one is nearly always in a
// snapshot: `node reader.mjs <database>`.
import { openStore } from '@holdfast/store/sqlite'

const PAGE = 500

const store = await openStore({ path: process.argv[2], durability: 'process' })
let pages = 0
const readAgainAndAgain = async () => {
  for (;;) {
    await store.tasks.list({ limit: PAGE })
    pages += 1
  }
}
process.on('message', () => process.send({ pages }))
process.once('disconnect', () => process.exit(0))
for (let reader = 0; reader < 2; reader += 1) void readAgainAndAgain()
process.send({ ready: true })
