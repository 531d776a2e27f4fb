// Opens one file after the other as it is told to, as a program does that expects its store there, and says what it found.
import { examine, openDatabase, openStore } from '@holdfast/store/sqlite'
import { StoreError } from '@holdfast/store'
import { digestOf } from './ledger.mjs'

const answer = async ({ path, ledger }) => process.send(await opened(path, ledger))
process.on('message', (request) => void answer(request))

// Nobody is left to open anything for.
process.on('disconnect', () => process.exit())

async function opened(path, ledger) {
  const startedAt = performance.now()
  let store
  try {
    store = await openStore({ path, create: false })
  } catch (error) {
    return { refused: described(error), tookMs: performance.now() - startedAt }
  }
  try {
    const readings = {}
    for (const id of Object.keys(ledger)) readings[id] = await reading(() => digestOf(store, id))
    const isWhole = Object.entries(ledger).every(([id, history]) => readings[id].digest === history.at(-1))
    return isWhole ? { readings } : { readings, found: await found(store, path) }
  } finally {
    await store.close()
  }
}

async function reading(read) {
  try {
    return { digest: await read() }
  } catch (error) {
    return { error: described(error) }
  }
}

/** What a person learns who looks into it: how many tasks there are, whose store it is, and what the doctor says. */
async function found(store, path) {
  const tasks = await reading(async () => (await store.tasks.list({ limit: 100 })).length)
  const name = await reading(async () => nameOf(path))
  const quick = await reading(async () => problemsOf(path, false))
  const full = await reading(async () => problemsOf(path, true))
  return { tasks, name, quick, full }
}

function nameOf(path) {
  const connection = openDatabase({ path, role: 'reader' })
  try {
    return connection.prepare(`SELECT value FROM store_properties WHERE name = 'store_id'`).get()?.value ?? null
  } finally {
    connection.close()
  }
}

const problemsOf = (path, full) => examine({ path, full }).findings.map(({ code }) => code)

const described = (error) => ({
  code: error instanceof StoreError ? error.code : null,
  message: String(error?.message ?? error).slice(0, 300),
})
