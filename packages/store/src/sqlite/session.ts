import type { SqliteDatabase } from './connection.js'
import type { DrizzleClient } from './driver/drizzle.js'

/** The session behind a handle or a transaction of it: drizzle gives both the same one on SQLite. */
export const sessionOf = (db: SqliteDatabase): object =>
  // `session` is internal to drizzle; a test pins it.
  (db as unknown as { session: object }).session

/** The connection behind a handle of ours. */
export const clientOf = (db: SqliteDatabase): DrizzleClient =>
  (sessionOf(db) as { readonly holdfast: DrizzleClient }).holdfast
