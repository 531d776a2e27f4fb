// A module of operations small enough to test the machinery with. It is plain JavaScript, because a worker thread on
// Node 20 can't load TypeScript.
import { fileURLToPath } from 'node:url'
import { threadId } from 'node:worker_threads'
import { granted, operation, query, refused } from '@holdfast/store'
import { oneStatement, quickRead, read, severalStatements } from '@holdfast/store/sqlite'
import { sql } from 'drizzle-orm'

/** Where the migrations of the toys lie, for `openStore({ scopes: { toys: TOY_MIGRATIONS } })`. */
export const TOY_MIGRATIONS = fileURLToPath(new URL('./toy-migrations', import.meta.url))

/** Adds one toy. */
export const put = operation('toys.put')
/** Adds a toy of `kilobytes`, made here so that it costs nothing to send. */
export const putLarge = operation('toys.put_large')
/** Adds two toys, both or none. */
export const putPair = operation('toys.put_pair')
/** Adds a toy, and then refuses. */
export const putAndRefuse = operation('toys.put_and_refuse')
/** Adds a toy, and then throws what no database said. */
export const putAndThrow = operation('toys.put_and_throw')
/** Adds a toy, takes `ms` for it, and says when it began and ended by the clock of its thread. */
export const putSlowly = operation('toys.put_slowly')
/** Ends the thread that runs it. */
export const die = operation('toys.die')
/** Which thread writes. */
export const writerThread = operation('toys.writer_thread')

export const count = query('toys.count')
export const countQuickly = query('toys.count_quickly')
export const get = query('toys.get')
/** Which thread reads; takes `ms`. */
export const readerThread = query('toys.reader_thread')
/** Reads the oldest `limit` toys, whole. */
export const scan = query('toys.scan')
/** Ends the thread that reads. */
export const dieReading = query('toys.die_reading')
/** Tries to write from a read. */
export const writeFromRead = query('toys.write_from_read')

const insert = (db) => (id, value) => db.run(sql`insert into toys (id, value) values (${id}, ${value})`)

/** Holds the thread, as a slow statement would, without taking a core from its neighbours. */
const hold = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

export const sqlite = {
  name: 'toys',
  url: import.meta.url,
  bindings: [
    oneStatement(put, (db) => {
      const statement = insert(db)
      return ({ id, value }) => {
        statement(id, value)
        return granted({ id })
      }
    }),
    oneStatement(putLarge, (db) => {
      const statement = insert(db)
      return ({ id, kilobytes }) => {
        statement(id, 'x'.repeat(kilobytes * 1024))
        return granted({ id })
      }
    }),
    severalStatements(putPair, (db) => {
      const statement = insert(db)
      return ({ ids }) => {
        for (const id of ids) statement(id, 'pair')
        return granted({ ids })
      }
    }),
    severalStatements(putAndRefuse, (db) => {
      const statement = insert(db)
      return ({ id }) => {
        statement(id, 'refused')
        return refused('toys.refused', `${id} is refused`, { id })
      }
    }),
    oneStatement(putAndThrow, (db) => {
      const statement = insert(db)
      return ({ id }) => {
        statement(id, 'thrown')
        throw new TypeError('a defect')
      }
    }),
    oneStatement(putSlowly, (db) => {
      const statement = insert(db)
      return ({ id, ms }) => {
        const startedMs = performance.now()
        statement(id, 'slow')
        hold(ms)
        return granted({ startedMs, endedMs: performance.now() })
      }
    }),
    oneStatement(die, () => () => process.exit(7)),
    oneStatement(writerThread, () => () => granted({ threadId })),
    read(count, (db) => () => granted({ count: db.all(sql`select count(*) as n from toys`)[0].n })),
    quickRead(countQuickly, (db) => () => granted({ count: db.all(sql`select count(*) as n from toys`)[0].n })),
    read(
      get,
      (db) =>
        ({ id }) =>
          granted({ value: db.all(sql`select value from toys where id = ${id}`)[0]?.value ?? null }),
    ),
    read(readerThread, () => ({ ms }) => {
      hold(ms)
      return granted({ threadId })
    }),
    read(scan, (db) => ({ limit }) => {
      const rows = db.all(sql`select value from toys order by seq limit ${limit}`)
      return granted({ rows: rows.length })
    }),
    read(dieReading, () => () => process.exit(8)),
    read(writeFromRead, (db) => ({ id }) => {
      insert(db)(id, 'never')
      return granted({ id })
    }),
  ],
}
