import { is, Placeholder, type Query, type SQL } from 'drizzle-orm'
import type { SqliteDatabase, SqlValue, Statement } from './connection.js'
import { clientOf } from './session.js'

/** A statement, and what it takes: a name for each placeholder, and what was written into the text beside them. */
interface PreparedText {
  readonly statement: Statement
  /** The values in the order of the text. */
  bind(values: object): SqlValue[]
}

// drizzle writes the text of a statement and prepares only what its builders made. `dialect` is internal to it; the
// contract suite fails at once when it moves.
const prepare = (db: SqliteDatabase, sql: SQL): PreparedText => {
  const { dialect } = db as unknown as { readonly dialect: { sqlToQuery(statement: SQL): Query } }
  const { sql: text, params } = dialect.sqlToQuery(sql)
  return { statement: clientOf(db).prepare(text), bind: bindingOf(params) }
}

/** How the parameters are found among named values, worked out once: this runs for every statement of every operation. */
const bindingOf = (params: readonly unknown[]): PreparedText['bind'] => {
  const names = params.map((param) => (is(param, Placeholder) ? param.name : undefined))
  return (values) => {
    const bound: unknown[] = new Array(params.length)
    for (let at = 0; at < params.length; at += 1) {
      const name = names[at]
      // One that was left out is undefined, which the connection refuses by its position.
      bound[at] = name === undefined ? params[at] : (values as Readonly<Record<string, unknown>>)[name]
    }
    return bound as SqlValue[]
  }
}

/**
 * Prepares a statement written as SQL, with `sql.placeholder` for its parameters.
 *
 * @returns Runs it to its end and gives its rows, columns under the names that the statement gives them.
 */
export const preparedRows = <Row>(db: SqliteDatabase, sql: SQL): ((values?: object) => Row[]) => {
  const { statement, bind } = prepare(db, sql)
  return (values = {}) => statement.all(...bind(values)) as Row[]
}

/** As {@link preparedRows}, for hot statements: each row is an array, in the order of its columns. */
export const preparedTuples = <Row extends readonly unknown[]>(
  db: SqliteDatabase,
  sql: SQL,
): ((values?: object) => Row[]) => {
  const { statement, bind } = prepare(db, sql)
  const raw = statement.raw()
  return (values = {}) => raw.all(...bind(values)) as unknown as Row[]
}

/** The first row of a {@link preparedTuples}, for a third of the price. */
export const preparedTuple = <Row extends readonly unknown[]>(
  db: SqliteDatabase,
  sql: SQL,
): ((values?: object) => Row | undefined) => {
  const { statement, bind } = prepare(db, sql)
  const raw = statement.raw()
  return (values = {}) => raw.get(...bind(values)) as unknown as Row | undefined
}

/**
 * Prepares an `INSERT … VALUES`. Its answer is the new row's number.
 *
 * Hot statements are written without RETURNING and without `INSERT … SELECT`: for either SQLite makes a table in memory
 * at each run, which costs as much as the row itself.
 */
export const preparedInsert = (db: SqliteDatabase, sql: SQL): ((values: object) => number) => {
  const { statement, bind } = prepare(db, sql)
  return (values) => Number(statement.run(...bind(values)).lastInsertRowid)
}

/** Prepares a statement that gives no rows. Its answer is how many rows it changed, those of triggers not counted. */
export const preparedChange = (db: SqliteDatabase, sql: SQL): ((values?: object) => number) => {
  const { statement, bind } = prepare(db, sql)
  return (values = {}) => statement.run(...bind(values)).changes
}
