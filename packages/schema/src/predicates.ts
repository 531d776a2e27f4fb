import { type AnyColumn, type SQL, sql } from 'drizzle-orm'

const quoted = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(', ')

/** `column IN ('a', 'b')`, written out: a CHECK and a partial index can't hold parameters. */
export const isOneOf = (column: AnyColumn, values: readonly string[]): SQL =>
  sql`${column} in (${sql.raw(quoted(values))})`

/** `column = 'value'`, written out, for the predicate of a partial index. */
export const is = (column: AnyColumn, value: string): SQL => sql`${column} = ${sql.raw(quoted([value]))}`
