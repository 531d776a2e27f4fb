import type { Connection, SqlValue } from '../connection.js'
import type { Finding } from './finding.js'

/** What every check looks at. */
export interface Look {
  /** Can't write. */
  readonly connection: Connection
  /** UTC milliseconds, once for all checks. */
  readonly nowMs: number
  /** Every page and every row, however long it takes; else the quick way, which is bounded. */
  readonly full: boolean
}

/** One thing to look at. What it throws becomes a finding of its own: the other checks go on. */
export interface Check {
  readonly name: string
  readonly look: (at: Look) => Iterable<Finding>
}

/** The rows `name, count` of a statement, as an object. */
export const counted = (connection: Connection, sql: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    connection
      .prepare(sql)
      .all()
      .map((row) => [String(row.name), Number(row.count)]),
  )

/** The column `count` of a statement's only row. */
export const countOf = (connection: Connection, sql: string, ...params: readonly SqlValue[]): number =>
  Number(connection.prepare(sql).get(...params)?.count ?? 0)

/** Newest items that the quick way looks at. */
const NEWEST_ITEMS = 1_000

/** The first `seq` of `work_items` that a check of rows begins at. */
export const firstItemSeq = ({ connection, full }: Look): number =>
  full ? 0 : countOf(connection, 'SELECT coalesce(max(seq), 0) AS count FROM work_items') - NEWEST_ITEMS
