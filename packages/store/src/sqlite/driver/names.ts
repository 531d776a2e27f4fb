/** The SQLite libraries that the store can run on; the first is the default. */
export const SQLITE_DRIVERS = ['libsql', 'node:sqlite', 'better-sqlite3'] as const
export type SqliteDriver = (typeof SQLITE_DRIVERS)[number]
