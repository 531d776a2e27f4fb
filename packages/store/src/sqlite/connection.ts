import type { DurabilityLevel } from '@holdfast/schema'
import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core'
import type { SqliteDriver } from './driver/names.js'
import type { FileHold } from './file-hold.js'

/** Any schema: operations use tables, never `db.query`, so a user's handle with a schema of its own fits too. */
// biome-ignore lint/suspicious/noExplicitAny: drizzle's own defaults for the schema parameters
export type SqliteDatabase = BaseSQLiteDatabase<'sync', unknown, any, any>

/** What a statement may be given: booleans travel as 0 and 1, and nothing is left undefined. */
export type SqlValue = string | number | bigint | null | Uint8Array

/** One prepared statement. No call leaves it half-stepped, so it never keeps the write lock. */
export interface Statement {
  /** For statements without rows. Refuses one that returns rows: use {@link all}. */
  run(...params: readonly SqlValue[]): { readonly changes: number; readonly lastInsertRowid: number | bigint }
  all(...params: readonly SqlValue[]): Record<string, SqlValue>[]
  get(...params: readonly SqlValue[]): Record<string, SqlValue> | undefined
  /** The same with rows as arrays, which cost less: for drizzle, and for hot statements. */
  raw(): ArrayStatement
}

/** A {@link Statement} whose rows are arrays. */
export interface ArrayStatement {
  all(...params: readonly SqlValue[]): SqlValue[][]
  /** A third of what `all` takes for one row. */
  get(...params: readonly SqlValue[]): SqlValue[] | undefined
}

/** The driver port: what each SQLite library is bent to. The only place that knows which one runs. */
export interface DriverConnection {
  readonly driver: SqliteDriver
  readonly sqliteVersion: string
  /** False when a failed statement rolled the whole transaction back. False after close. */
  readonly inTransaction: boolean
  /** Runs text that may hold several statements; rows are dropped. */
  exec(sql: string): void
  prepare(sql: string): Statement
  close(): void
}

/** A connection that the factory opened: every setting made and read back. */
export interface Connection extends DriverConnection {
  /** Absolute, symlinks resolved; or `:memory:`. */
  readonly path: string
  readonly role: 'writer' | 'reader' | 'checkpointer'
  /** What an acknowledged write of this connection survives; the file's own level. */
  readonly durability: DurabilityLevel
  /** Where the SQLite library lives; a thread of the store is told, and refuses to use another on the same file. */
  readonly copy: string
  /** The drizzle handle over the same connection. */
  readonly db: SqliteDatabase
  /** Of a writer: whether what it commits still goes into the database of its path. */
  readonly hold: FileHold
  /** One value of one PRAGMA, read now. */
  pragma(name: string): SqlValue
}
