// A process with a store, and with a library that takes the database for any file: node holder.mjs <path> <options>. Does
// one thing at a time, as it is told by a message, and answers with what came of it.
import { closeSync, openSync } from 'node:fs'
import { openDatabase, openStore } from '@holdfast/store/sqlite'
import { put, get, sqlite, TOY_MIGRATIONS } from '../support/toy-module.mjs'

const [path, options] = process.argv.slice(2)
const reasons = []
const warnings = []
const store = await openStore({
  path,
  modules: [sqlite],
  scopes: { toys: TOY_MIGRATIONS },
  onWarning: ({ code }) => warnings.push(code),
  ...JSON.parse(options),
})
store.onStop(({ code }) => reasons.push(code))

const ORDERS = {
  put: (id) => store.submit(put, { id, value: 'v' }),
  putTwoAtOnce: async (id) => {
    const verdicts = await store.submitAll(
      put,
      [0, 1].map((n) => ({ id: `${id}-${n}`, value: 'v' })),
    )
    return verdicts.map(({ refusal }) => refusal?.code)
  },
  get: (id) => store.submit(get, { id }),
  touch: () => closeSync(openSync(path, 'r')),
  /** The file is opened and closed inside the transaction. */
  transact: (id) => {
    const own = openDatabase({ path, role: 'writer' })
    own.db.transaction(() => {
      own.prepare("INSERT INTO toys (id, value) VALUES (?, 'v')").run(id)
      closeSync(openSync(path, 'r'))
    })
  },
  heard: () => ({ reasons, warnings }),
  open: async () => (await openStore({ path })).close(),
  close: () => store.close(),
}

const answer = async ([order, arg]) => {
  try {
    process.send({ value: (await ORDERS[order](arg)) ?? null })
  } catch ({ code, details }) {
    process.send({ code, lost: details?.lost })
  }
}
process.on('message', (message) => void answer(message))
process.on('disconnect', () => {
  process.exitCode = 7
})
process.send({ value: 'open' })
