import { type AnyColumn, type SQL, sql } from 'drizzle-orm'
import { OPEN_STATES, TERMINAL_STATES, WORK_STATES, type WorkState } from './work-state.js'

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

const [firstOpen, ...laterOpen] = [...OPEN_STATES].sort() as [WorkState, ...WorkState[]]

/**
 * True when `operand` is one of OPEN_STATES, as one comparison: by name, every open state comes after every terminal
 * one.
 *
 * It makes "is anything of this task still open?" one range of the index by task and state. Written as four states it
 * becomes an IN, with a table in memory at each evaluation: the end of an item then took 3 times as long.
 */
export const isOpen = (operand: string): string => `${operand} >= '${firstOpen}'`

const isMisplaced = (state: WorkState): boolean => state >= firstOpen !== [firstOpen, ...laterOpen].includes(state)
if (WORK_STATES.some(isMisplaced))
  throw new Error(`an open state sorts before one of ${TERMINAL_STATES.join(', ')}: isOpen() needs another form`)

/** `column = 'value'`, written out, for the predicate of a partial index. */
export const is = (column: AnyColumn, value: string): SQL => sql`${column} = ${sql.raw(`'${value}'`)}`

/** Row numbers begin at 1. SQLite's BEFORE INSERT triggers see -1 where none was given, so no row may be called that. */
export const isRowNumber = (seq: AnyColumn): SQL => sql`${seq} >= 1`
