import { MigrationChangedError, NewerSchemaError, StoreCorruptError } from '../errors.js'
import type { DriverConnection } from './connection.js'
import type { Migration } from './migration-files.js'

/** One scope's migrations, as this code ships them. */
export interface Scope {
  readonly name: string
  readonly migrations: readonly Migration[]
}

/** What the file says of one scope. */
export interface ScopeRecord {
  /** The newest migration it has had; 0 for none. */
  readonly version: number
  /** False when `schema_versions` has no row for it, and has to be given one. */
  readonly isRecorded: boolean
  /** Hashes of the migrations it has had, from version 1 on. */
  readonly hashes: readonly string[]
}

const NOTHING: ScopeRecord = { version: 0, isRecorded: false, hashes: [] }

const hasRecords = (connection: DriverConnection): boolean =>
  connection
    .prepare(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name IN ('schema_versions', 'schema_migrations')`)
    .all().length === 2

// One statement, because it also runs before the lock is taken: between two, another process may migrate.
const RECORD = `
  SELECT recorded.version AS recorded, applied.version, applied.hash
  FROM (SELECT ? AS scope) AS asked
  LEFT JOIN schema_versions AS recorded ON recorded.scope = asked.scope
  LEFT JOIN schema_migrations AS applied ON applied.scope = asked.scope
  ORDER BY applied.version`

/**
 * Reads what the file says of a scope. No row is version 0, or that of the newest migration it remembers.
 *
 * @throws {StoreCorruptError} `store.corrupt`: the record skips a migration, or counts more than it names.
 */
export const readScope = (connection: DriverConnection, scope: string): ScopeRecord => {
  // The tables themselves come with the first migration.
  if (!hasRecords(connection)) return NOTHING
  const rows = connection.prepare(RECORD).all(scope)
  const applied = rows.filter((row) => row.version !== null)
  const recorded = rows[0]?.recorded ?? null
  const version = Number(recorded ?? applied.length)
  if (applied.length !== version || applied.some((migration, index) => migration.version !== index + 1))
    throw new StoreCorruptError(
      `${scope} is at version ${version}, and the file remembers ${applied.length} migrations`,
      {
        scope,
        version,
        remembered: applied.length,
      },
    )
  return { version, isRecorded: recorded !== null, hashes: applied.map((migration) => String(migration.hash)) }
}

/**
 * What is left to do for a scope.
 *
 * @throws {NewerSchemaError} `store.newer_schema`: a newer Holdfast made the file.
 * @throws {MigrationChangedError} `store.migration_changed`: what ran on the file isn't what this code ships.
 */
export const missingMigrations = (scope: Scope, record: ScopeRecord): readonly Migration[] => {
  const supported = scope.migrations.length
  if (record.version > supported)
    throw new NewerSchemaError(
      `the file's ${scope.name} schema is at version ${record.version}; this Holdfast knows ${supported}: upgrade it`,
      { scope: scope.name, found: record.version, supported },
    )
  for (const [index, hash] of record.hashes.entries()) assertUnchanged(scope, index, hash)
  return scope.migrations.slice(record.version)
}

const assertUnchanged = (scope: Scope, index: number, found: string): void => {
  const migration = scope.migrations[index]
  if (migration === undefined || migration.hash === found) return
  throw new MigrationChangedError(
    `migration ${migration.name} of ${scope.name} is not the one that this file has had`,
    {
      scope: scope.name,
      version: migration.version,
      name: migration.name,
      found,
      shipped: migration.hash,
    },
  )
}

/** Writes down that a migration ran, in the transaction in which it ran. */
export const recordMigration = (
  connection: DriverConnection,
  scope: string,
  { version, name, hash }: Migration,
  nowMs: number,
): void => {
  connection
    .prepare('INSERT INTO schema_migrations (scope, version, name, hash, applied_at_ms) VALUES (?, ?, ?, ?, ?)')
    .run(scope, version, name, hash, nowMs)
  recordVersion(connection, scope, version, nowMs)
}

/** Gives a scope its row, or moves it. */
export const recordVersion = (connection: DriverConnection, scope: string, version: number, nowMs: number): void => {
  connection
    .prepare(
      `INSERT INTO schema_versions (scope, version, updated_at_ms) VALUES (?, ?, ?)
       ON CONFLICT (scope) DO UPDATE SET version = excluded.version, updated_at_ms = excluded.updated_at_ms`,
    )
    .run(scope, version, nowMs)
}
