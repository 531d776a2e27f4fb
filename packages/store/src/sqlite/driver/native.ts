import type { SqlValue } from '../connection.js'
import type { SqliteDriver } from './names.js'

/**
 * What a SQLite library must be able to do, and nothing more. `facade.ts` puts the rules on top once, so that every
 * driver refuses the same things in the same words.
 *
 * Parameters arrive checked (`parameters.ts`). Errors leave as the library throws them: `database-errors.ts` reads them.
 */
export interface NativeDatabase {
  readonly driver: SqliteDriver
  readonly inTransaction: boolean
  exec(sql: string): void
  prepare(sql: string): NativeStatement
  close(): void
}

/** A prepared statement. No call leaves it half-stepped: that would keep its lock. */
export interface NativeStatement {
  /** True when it has columns: a SELECT, a PRAGMA that answers, anything with RETURNING. */
  readonly returnsRows: boolean
  /** Only for a statement without columns. */
  run(params: readonly SqlValue[]): { readonly changes: number; readonly lastInsertRowid: number | bigint }
  all(params: readonly SqlValue[]): Record<string, SqlValue>[]
  arrays(params: readonly SqlValue[]): SqlValue[][]
  /** The first row of a statement that only reads. */
  first(params: readonly SqlValue[]): SqlValue[] | undefined
}
