// A process with a store, or with SQLite alone, that does what it is told, one thing at a time.
import { closeSync, openSync } from 'node:fs'
import { StoreError } from '@holdfast/store'
import { examine, openDatabase, openStore } from '@holdfast/store/sqlite'
import Libsql from 'libsql'

/** Long enough for another process to start, write, and leave. */
const WRITE_ON_MS = 3_000

let store
let rings = 0

const ORDERS = {
  /** By this package, or by another installed copy of it, at that address. */
  open: async ({ path, through }) => {
    const open = through === undefined ? openStore : (await import(through)).openStore
    store = await open({ path })
    return store.info().processId
  },
  /** Ids of what was acknowledged. */
  write: ({ count }) => writeTo(store, count),
  /**
   * Writes on until it is refused, or others had long enough to leave. After the first writes the file is opened and closed.
   */
  writeOn: async ({ path, touchAfter }) => {
    const ids = []
    const untilMs = performance.now() + WRITE_ON_MS
    try {
      while (performance.now() < untilMs) {
        if (ids.length === touchAfter) ORDERS.touch({ path })
        ids.push(...(await writeTo(store, 1)))
      }
      return { ids }
    } catch (error) {
      return { ids, refused: error.code ?? 'unnamed' }
    }
  },
  /** The store that is open, and another one through this package, at the same time. */
  writeTogether: async ({ path, count }) => {
    const other = await openStore({ path })
    const ids = await Promise.all([writeTo(store, count), writeTo(other, count)])
    await other.close()
    return ids.flat()
  },
  /** Another store, and a plain connection, on the same file in this process. */
  openAgain: async ({ path }) => {
    const again = await openStore({ path })
    await again.close()
    openDatabase({ path, role: 'reader' }).close()
  },
  examine: ({ path }) => examine({ path }).findings.length,
  read: async ({ ids }) => {
    const found = []
    for (const id of ids) if ((await store.tasks.get(id)) !== undefined) found.push(id)
    return found
  },
  listen: () => {
    store.onWork(() => {
      rings += 1
    })
  },
  rings: () => rings,
  probe: ({ processId }) => store.liveness.probe(processId),
  close: async () => {
    await store.close()
    store = undefined
    // What a library keeps of a closed connection goes when it is collected: at some time, and here at once.
    for (let time = 0; time < 3; time += 1) {
      await new Promise((resolve) => setImmediate(resolve))
      globalThis.gc()
    }
  },
  /** What a program may do to a file that it takes for any file: reading and copying it are the same. */
  touch: ({ path }) => closeSync(openSync(path, 'r')),
  /** SQLite without a store, as another tool uses it. */
  sql: ({ path, statements }) => {
    const database = new Libsql(path)
    for (const statement of statements) database.exec(statement)
    database.close()
  },
  integrity: ({ path }) => {
    const connection = openDatabase({ path, role: 'reader' })
    try {
      return connection.pragma('integrity_check')
    } finally {
      connection.close()
    }
  },
}

const answer = async ({ order, ...details }) => process.send(await answerTo(order, details))
process.on('message', (message) => void answer(message))
// Who is left alone has nothing more to do.
process.on('disconnect', () => process.exit())

async function answerTo(order, details) {
  try {
    return { value: (await ORDERS[order](details)) ?? null }
  } catch (error) {
    // Of another copy of the package, a StoreError is of another class.
    const code = error instanceof StoreError ? error.code : (error?.code ?? 'unnamed')
    return { refused: code, message: String(error?.message ?? error) }
  }
}

async function writeTo(target, count) {
  const ids = []
  for (let index = 0; index < count; index += 1) {
    const { taskId } = await target.tasks.submit({ type: 'note', input: { index } })
    ids.push(taskId)
  }
  return ids
}
