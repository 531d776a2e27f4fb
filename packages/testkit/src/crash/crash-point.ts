import { openSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isMainThread } from 'node:worker_threads'
import type { SqliteModule } from '@holdfast/store/sqlite'
import { thisRun, type DurableWrite } from './run.js'

/*
 * How a kill at the k-th durable write gets into a product that has no switch for it: as a module of operations, which
 * `openStore({ modules })` imports into the writer thread as well. It binds nothing. In a thread of the store it puts
 * itself around the driver's `exec`, and so around COMMIT: the one moment at which something becomes durable.
 */

/** Binds no operation: it is there to be imported by the writer thread. */
export const sqlite: SqliteModule = { name: 'testkit.crash-point', url: import.meta.url, bindings: [] }

/** What all three drivers have in common, as far as it is needed here. */
interface Database {
  exec(sql: string): unknown
  prepare(sql: string): { all(): unknown[] }
}

/** The class that the store opens its connections with: found from the store's own place, so that it is the same copy. */
const databaseClass = (): { readonly prototype: Database } => {
  const require = createRequire(import.meta.resolve('@holdfast/store/sqlite'))
  const driver = process.env.HOLDFAST_SQLITE_DRIVER || 'libsql'
  if (driver !== 'node:sqlite') return require(driver) as { readonly prototype: Database }
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite') as unknown as {
    readonly DatabaseSync: { readonly prototype: Database }
  }
  return DatabaseSync
}

/** What had been written by the last COMMIT: rows that changed, and how far each item's journal went. */
interface Written {
  changes: number
  readonly positions: Map<number, number>
}

const changesOf = (database: Database): number =>
  (database.prepare('SELECT total_changes() AS n').all()[0] as { readonly n: number }).n

interface EventRow {
  readonly item: number
  readonly position: number
  readonly type: string
}

/** Journal rows of the open transaction. An explored file is small, and nobody waits for it. */
const newEvents = (database: Database, { positions }: Written): readonly EventRow[] => {
  const all = database.prepare('SELECT work_item_seq AS item, position, type FROM events ORDER BY item, position').all()
  return (all as EventRow[]).filter(({ item, position }) => position > (positions.get(item) ?? 0))
}

const arm = (): void => {
  const { crash, writesFile } = thisRun()
  const fd = openSync(writesFile, 'a')
  const written = new WeakMap<Database, Written>()
  let writes = 0

  const die = (): never => {
    process.kill(process.pid, 'SIGKILL')
    // Until the signal has done its work, this thread does nothing more.
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }

  /** What the open transaction has changed; undefined when there is nothing to make durable. */
  const pendingWrite = (database: Database): DurableWrite | undefined => {
    const before = written.get(database) ?? { changes: 0, positions: new Map<number, number>() }
    written.set(database, before)
    const changes = changesOf(database)
    if (changes === before.changes) return undefined
    before.changes = changes
    const events = newEvents(database, before)
    for (const { item, position } of events) before.positions.set(item, position)
    writes += 1
    return { write: writes, journalled: events.map(({ type }) => type) }
  }

  const { prototype } = databaseClass()
  const { exec } = prototype
  prototype.exec = function (this: Database, sql: string): unknown {
    const write = sql === 'COMMIT' ? pendingWrite(this) : undefined
    if (!write) return exec.call(this, sql)
    writeSync(fd, `${JSON.stringify(write)}\n`)
    const isDue = crash?.write === write.write
    if (isDue && crash.moment === 'before') die()
    const answer = exec.call(this, sql)
    // Durable, and nobody has been told.
    if (isDue && crash.moment === 'after') die()
    return answer
  }
}

if (!isMainThread) arm()
