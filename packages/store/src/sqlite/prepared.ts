import type { Query, SQL } from 'drizzle-orm'
import type { SqliteDatabase } from './connection.js'

interface PreparedText {
  all(values: object): unknown[]
  run(values: object): { readonly changes: number; readonly lastInsertRowid: number | bigint }
}

interface Internals {
  readonly dialect: { sqlToQuery(statement: SQL): Query }
  readonly session: {
    prepareQuery(query: Query, fields: undefined, method: 'all' | 'run', asArrays: false): PreparedText
  }
}

// drizzle prepares only what its builders made. A statement written as SQL goes the same way, by the two internals
// that the builders call themselves; the contract suite fails at once when they move.
const prepare = (db: SqliteDatabase, statement: SQL, method: 'all' | 'run'): PreparedText => {
  const { dialect, session } = db as unknown as Internals
  return session.prepareQuery(dialect.sqlToQuery(statement), undefined, method, false)
}

/**
 * Prepares a statement written as SQL, with `sql.placeholder` for its parameters.
 *
 * @returns Runs it to its end and gives its rows, columns under the names that the statement gives them.
 */
export const preparedRows = <Row>(db: SqliteDatabase, statement: SQL): ((values?: object) => Row[]) => {
  const prepared = prepare(db, statement, 'all')
  return (values = {}) => prepared.all(values) as Row[]
}

/**
 * Prepares an `INSERT … VALUES`. Its answer is the new row's number.
 *
 * Hot statements are written without RETURNING and without `INSERT … SELECT`: for either SQLite makes a table in memory
 * at each run, which costs as much as the row itself.
 */
export const preparedInsert = (db: SqliteDatabase, statement: SQL): ((values: object) => number) => {
  const prepared = prepare(db, statement, 'run')
  return (values) => Number(prepared.run(values).lastInsertRowid)
}

/** Prepares a statement that gives no rows. Its answer is how many rows it changed, those of triggers not counted. */
export const preparedChange = (db: SqliteDatabase, statement: SQL): ((values?: object) => number) => {
  const prepared = prepare(db, statement, 'run')
  return (values = {}) => prepared.run(values).changes
}
