import { type SQL, sql } from 'drizzle-orm'
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core'

const quoted = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(', ')

/** `column IN ('a', 'b')`, written out: a CHECK and a partial index can't hold parameters. */
export const isOneOf = (column: AnySQLiteColumn, values: readonly string[]): SQL =>
  sql`${column} in (${sql.raw(quoted(values))})`

/** `column = 'value'`, written out, for the predicate of a partial index. */
export const is = (column: AnySQLiteColumn, value: string): SQL => sql`${column} = ${sql.raw(quoted([value]))}`

/** JSON where the encoding says JSON; another encoding's bytes are its codec's business. */
export const isJsonWhereSaid = (encoding: AnySQLiteColumn, payload: AnySQLiteColumn): SQL =>
  sql`${encoding} <> 'json' or json_valid(${payload})`
