// Connections: every one comes from here
export { openDatabase, type OpenDatabaseOptions } from './database.js'
export type { Connection, DriverConnection, SqlValue, SqliteDatabase, Statement } from './connection.js'
export { isGroupFatal, toStoreError } from './database-errors.js'
