import { DriverUnfitError, type StoreError } from '../../errors.js'
import type { DriverConnection } from '../connection.js'
import { sqliteFailureOf } from '../database-errors.js'
import { MEMORY } from '../location.js'
import type { ChosenDriver } from './choose.js'
import { facadeOver } from './facade.js'

/** One thing that the store rests on, and how this build of the driver is asked about it. */
interface Expectation {
  /** Completes: a driver that … */
  readonly name: string
  readonly expected: unknown
  readonly found: (connection: DriverConnection) => unknown
}

/** What has been asked already, and what came of it. */
const asked = new Map<string, StoreError | undefined>()

/**
 * Asks the library, once per thread and build, whether it behaves as the facade over it expects: in memory, in a
 * millisecond or two. Another build of the same version may not: a patched copy, an addon for another system, a future
 * release. What it gets wrong would lose work in silence.
 *
 * What takes a second connection is left to the tests: locks, and how they are lost.
 *
 * @throws {DriverUnfitError} `driver.unfit`: `details` name the difference.
 */
export const assertFit = (driver: ChosenDriver): void => {
  const build = `${driver.name} ${driver.copy}`
  if (!asked.has(build)) asked.set(build, differenceOf(driver))
  const error = asked.get(build)
  if (error) throw error
}

/** The first thing that is otherwise; undefined when all is as expected. */
export const differenceOf = ({
  name,
  copy,
  open,
}: Pick<ChosenDriver, 'name' | 'copy' | 'open'>): StoreError | undefined => {
  const connection = facadeOver(open(MEMORY), { role: 'writer' })
  try {
    connection.exec(SCHEMA)
    for (const { name: what, expected, found } of EXPECTATIONS) {
      const [wanted, got] = [shown(expected), shown(answerOf(found, connection))]
      if (wanted === got) continue
      return new DriverUnfitError(
        `this build of ${name} is not one that ${what}: expected ${wanted}, found ${got}. Install the release named in docs/drivers.md`,
        { driver: name, copy, expectation: what, expected: wanted, found: got },
      )
    }
    return undefined
  } finally {
    connection.close()
  }
}

const answerOf = (found: Expectation['found'], connection: DriverConnection): unknown => {
  try {
    return found(connection)
  } catch (error) {
    return failureOf(error)
  }
}

const failureOf = (error: unknown): unknown => {
  const failure = sqliteFailureOf(error)
  return failure ? { rawCode: failure.rawCode } : { error: error instanceof Error ? error.message : String(error) }
}

/** One text for one value, whatever its class: rows of one library have no prototype, integers of another are BigInt. */
const shown = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    part instanceof Uint8Array ? { bytes: [...part] } : typeof part === 'bigint' ? Number(part) : part,
  ) ?? 'nothing'

const SCHEMA = `
  PRAGMA foreign_keys = 1; PRAGMA recursive_triggers = 1;
  CREATE TABLE items (seq INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size INTEGER CHECK (size < 100), bytes BLOB) STRICT;
  CREATE TABLE parts (item INTEGER NOT NULL REFERENCES items (seq)) STRICT;
  CREATE TABLE erased (name TEXT) STRICT;
  CREATE TRIGGER items_refuse BEFORE UPDATE ON items WHEN NEW.name = 'refused'
    BEGIN SELECT RAISE(ABORT, 'lease.lost'); END;
  CREATE TRIGGER items_erased AFTER DELETE ON items BEGIN INSERT INTO erased VALUES (OLD.name); END;
`

const failure = (connection: DriverConnection, sql: string): unknown => {
  try {
    connection.prepare(sql).run()
    return 'accepted'
  } catch (error) {
    const found = sqliteFailureOf(error)
    return found ? [found.rawCode & 255, found.message] : failureOf(error)
  }
}

const code = (connection: DriverConnection, sql: string): unknown => {
  const found = failure(connection, sql)
  return Array.isArray(found) ? found[0] : found
}

const EXPECTATIONS: readonly Expectation[] = [
  {
    name: 'counts the rows that a statement changed',
    expected: { changes: 2, lastInsertRowid: 2 },
    found: (connection) => connection.prepare(`INSERT INTO items (name, size) VALUES ('a', 1), ('b', 2)`).run(),
  },
  {
    name: 'gives the rows of a RETURNING, and has committed them',
    expected: [[{ seq: 3 }], false, [[3]]],
    found: (connection) => [
      connection.prepare('INSERT INTO items (name) VALUES (?) RETURNING seq').all('c'),
      connection.inTransaction,
      connection.prepare('SELECT seq FROM items WHERE name = ?').raw().all('c'),
    ],
  },
  {
    name: 'tells a statement with rows from one without',
    expected: ['store.statement_refused', 'store.statement_refused', 0],
    found: (connection) => [
      refusalOf(() => connection.prepare('UPDATE items SET size = 3 WHERE seq = 3 RETURNING seq').run()),
      refusalOf(() => connection.prepare('PRAGMA user_version').run()),
      connection.prepare('UPDATE items SET size = 3 WHERE seq = 99').run().changes,
    ],
  },
  {
    name: 'gives back what it was given, and nothing beside it',
    expected: [{ text: 'naïve 🌊', whole: 9_007_199_254_740_991, part: 0.5, bytes: { bytes: [0, 255] }, none: null }],
    found: (connection) =>
      connection
        .prepare('SELECT ? AS text, ? AS whole, ? AS part, ? AS bytes, ? AS none')
        .all('naïve 🌊', 9_007_199_254_740_991, 0.5, new Uint8Array([0, 255]), null),
  },
  {
    name: 'refuses a number that it can only round',
    expected: 'input.invalid',
    found: (connection) => refusalOf(() => connection.prepare('SELECT 9007199254740993 AS n').all()),
  },
  {
    name: 'binds whole numbers to whole-number columns',
    expected: 'integer',
    found: (connection) => {
      connection.prepare('INSERT INTO items (name, size) VALUES (?, ?)').run('d', 4)
      return connection.prepare(`SELECT typeof(size) AS type FROM items WHERE name = 'd'`).get()?.type
    },
  },
  {
    name: 'knows whether a transaction is open',
    expected: [false, true, true, false],
    found: (connection) => {
      const seen = [connection.inTransaction]
      connection.exec('BEGIN IMMEDIATE')
      seen.push(connection.inTransaction)
      connection.exec('SAVEPOINT one; ROLLBACK TO one; RELEASE one')
      seen.push(connection.inTransaction)
      connection.exec('COMMIT')
      seen.push(connection.inTransaction)
      return seen
    },
  },
  {
    name: 'undoes to a savepoint, and to the beginning',
    expected: [['x'], []],
    found: (connection) => {
      const names = (): unknown[] =>
        connection.prepare(`SELECT name FROM items WHERE name IN ('x', 'y')`).raw().all().flat()
      connection.exec(
        `BEGIN; INSERT INTO items (name) VALUES ('x'); SAVEPOINT one; INSERT INTO items (name) VALUES ('y')`,
      )
      connection.exec('ROLLBACK TO one; RELEASE one')
      const kept = names()
      connection.exec('ROLLBACK')
      return [kept, names()]
    },
  },
  {
    name: "says a trigger's refusal word for word, and undoes its statement alone",
    expected: [[19, 'lease.lost'], true, 0],
    found: (connection) => {
      connection.exec('BEGIN IMMEDIATE')
      const refused = failure(connection, `UPDATE items SET name = 'refused' WHERE seq = 1`)
      const stillOpen = connection.inTransaction
      connection.exec('ROLLBACK')
      return [refused, stillOpen, connection.prepare(`SELECT count(*) AS n FROM items WHERE name = 'refused'`).get()?.n]
    },
  },
  {
    name: 'refuses what a constraint forbids, by its code',
    expected: [19, 19, 19, 19, 19],
    found: (connection) => [
      code(connection, `INSERT INTO items (name) VALUES ('a')`),
      code(connection, 'INSERT INTO items (name) VALUES (NULL)'),
      code(connection, `INSERT INTO items (name, size) VALUES ('e', 100)`),
      code(connection, `INSERT INTO items (name, size) VALUES ('f', 'many')`),
      code(connection, 'INSERT INTO parts (item) VALUES (99)'),
    ],
  },
  {
    name: 'fires the DELETE triggers of a REPLACE',
    expected: 1,
    found: (connection) => {
      connection.prepare(`INSERT OR REPLACE INTO items (seq, name) VALUES (2, 'b')`).run()
      return connection.prepare(`SELECT count(*) AS n FROM erased WHERE name = 'b'`).get()?.n
    },
  },
  {
    name: 'has the SQL that the store is written in',
    expected: [{ upserted: 1, json: 'v', found: 'one' }],
    found: (connection) => {
      connection.exec(`CREATE VIRTUAL TABLE words USING fts5(word); INSERT INTO words VALUES ('one')`)
      connection.exec(`INSERT INTO items (name) VALUES ('a') ON CONFLICT (name) DO UPDATE SET size = 7`)
      return connection
        .prepare(
          `SELECT (SELECT size = 7 FROM items WHERE name = 'a') AS upserted, '{"k":"v"}' ->> 'k' AS json,
             (SELECT word FROM words WHERE words MATCH 'one') AS found`,
        )
        .all()
    },
  },
]

const refusalOf = (attempt: () => unknown): unknown => {
  try {
    return attempt()
  } catch (error) {
    return (error as { code?: unknown }).code ?? String(error)
  }
}
