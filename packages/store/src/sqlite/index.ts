// Connections: every one comes from here
export { openDatabase, type OpenDatabaseOptions } from './database.js'
export type { Connection, DriverConnection, SqlValue, SqliteDatabase, Statement } from './connection.js'
export { SQLITE_DRIVERS, type SqliteDriver } from './driver/names.js'
export { beginImmediate } from './begin.js'
export { isBusy, isGroupFatal, toStoreError } from './database-errors.js'

// A file's schema and its durability level
export { migrate, type AppliedMigration, type MigrateOptions, type Migrated } from './migrator.js'
export { migrationsFolder } from './migration-files.js'
export { changeDurability, type ChangeDurabilityOptions } from './change-durability.js'

// Backups
export { backup, restore, verifyBackup } from './backup/backup.js'
export type { BackupOptions, RestoreOptions, VerifyOptions } from './backup/backup.js'
export type { BackupReport } from './backup/make-backup.js'
export type { VerifyReport } from './backup/verify-copy.js'
export type { RestoreReport } from './backup/restore-copy.js'
export type { Revoked } from './backup/new-epoch.js'
export type { Proof } from './backup/prove.js'

// The store
export { openStore } from './open-store.js'
export type { OpenStoreOptions } from './open-store-options.js'
export { DEFAULT_LIMITS, type StoreLimits } from './limits.js'
export { systemTimers, type Timers } from './timers.js'
export { threadFlags } from './thread-flags.js'

// Modules of operations
export {
  bind,
  bindingOf,
  batched,
  oneStatement,
  quickRead,
  read,
  ringsWhen,
  severalStatements,
  within,
  type RunBatch,
  type SqliteBinding,
  type SqliteModule,
} from './module.js'

// The store's own operations
export { sqlite } from './core.js'

// Statements written as SQL
export { preparedChange, preparedRows } from './prepared.js'

// For a person who looks at a file
export { examine, type Examination, type ExamineOptions } from './examine/examine.js'
export { FINDING_CODES, type Finding, type FindingCode } from './examine/finding.js'
export type { Disk } from './examine/disk.js'
export { knownDefects, type KnownDefect } from './known-defects.js'
