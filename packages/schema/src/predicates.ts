import { type AnyColumn, type SQL, sql } from 'drizzle-orm'

/**
 * True when `operand` is one of `values`, as a row of comparisons.
 *
 * Not IN: for three values and more SQLite builds a table in memory at each evaluation. With IN in every CHECK and
 * trigger, claim and complete cost 1.7 times as much (libsql 0.5.29, items in groups of 128 in memory).
 */
export const oneOf = (operand: string, values: readonly string[]): string =>
  `(${values.map((value) => `${operand} = '${value}'`).join(' or ')})`

/** {@link oneOf} for a column of a table, written out: a CHECK can't hold parameters. */
export const isOneOf = (column: AnyColumn, values: readonly string[]): SQL =>
  sql`(${sql.join(
    values.map((value) => is(column, value)),
    sql` or `,
  )})`

/** `column = 'value'`, written out, for the predicate of a partial index. */
export const is = (column: AnyColumn, value: string): SQL => sql`${column} = ${sql.raw(`'${value}'`)}`

/** Row numbers begin at 1. SQLite's BEFORE INSERT triggers see -1 where none was given, so no row may be called that. */
export const isRowNumber = (seq: AnyColumn): SQL => sql`${seq} >= 1`
