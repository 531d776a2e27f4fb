import { DurabilityMismatchError, InvariantError } from '../errors.js'
import { DEFAULT_LOCK_WAIT_MS, beginImmediate } from './begin.js'
import type { Connection } from './connection.js'
import { toStoreError } from './database-errors.js'
import { recordedDurability } from './durability.js'
import { readMigrations, type Migration } from './migration-files.js'
import { missingMigrations, readScope, recordMigration, recordVersion, type Scope } from './schema-record.js'

/** The store's own scope. It brings the tables in which every scope is recorded, so it comes first. */
export const CORE_SCOPE = 'core'

export interface MigrateOptions {
  /** The core's migrations: `migrationsFolder('sqlite')`. */
  readonly folder: string
  /** Folders of further scopes, by name; each has a version of its own. They run after the core, in this order. */
  readonly scopes?: Readonly<Record<string, string>> | undefined
  /** Names the store for ever, if this call is the one that makes it. */
  readonly storeId: string
  /** UTC milliseconds. */
  readonly nowMs: number
  readonly lockWaitMs?: number | undefined
}

export interface AppliedMigration {
  readonly scope: string
  readonly version: number
  readonly name: string
}

export interface Migrated {
  /** In the order they ran; empty when the file was up to date. */
  readonly applied: readonly AppliedMigration[]
}

/**
 * Brings a file to this code's schema: all of it in one transaction, so a crash leaves the old schema or the new one.
 *
 * Any number of processes may start at once: each asks again under the write lock, so every migration runs once. A
 * file that is up to date is only read.
 *
 * @throws {NewerSchemaError} `store.newer_schema`: the file is ahead of this code, and was not touched.
 * @throws {MigrationChangedError} `store.migration_changed`: a migration that the file has had reads differently now.
 * @throws {DurabilityMismatchError} `store.durability_mismatch`: another process made the file meanwhile, at another
 * level. Open it again.
 * @throws {StoreBusyError} `store.busy`: somebody held the write lock for `lockWaitMs`.
 */
export const migrate = (connection: Connection, options: MigrateOptions): Migrated => {
  const scopes = readScopes(options)
  try {
    return isUpToDate(connection, scopes) ? { applied: [] } : migrateUnderLock(connection, scopes, options)
  } catch (error) {
    throw toStoreError(error)
  }
}

const readScopes = ({ folder, scopes = {} }: MigrateOptions): readonly Scope[] =>
  Object.entries({ [CORE_SCOPE]: folder, ...scopes }).map(([name, from]) => ({
    name,
    migrations: readMigrations(from),
  }))

const isUpToDate = (connection: Connection, scopes: readonly Scope[]): boolean => {
  const records = scopes.map((scope) => ({ scope, record: readScope(connection, scope.name) }))
  const isCurrent = records.map(
    ({ scope, record }) => missingMigrations(scope, record).length === 0 && record.isRecorded,
  )
  return isCurrent.every(Boolean) && hasProperties(connection)
}

const migrateUnderLock = (connection: Connection, scopes: readonly Scope[], options: MigrateOptions): Migrated => {
  // A rebuilt table is dropped and renamed, which foreign keys forbid; inside a transaction this PRAGMA does nothing.
  connection.exec('PRAGMA foreign_keys = OFF')
  try {
    beginImmediate(connection, options.lockWaitMs ?? DEFAULT_LOCK_WAIT_MS)
    try {
      const applied = scopes.flatMap((scope) => migrateScope(connection, scope, options))
      assertForeignKeys(connection)
      connection.exec('COMMIT')
      return { applied }
    } catch (error) {
      connection.exec('ROLLBACK')
      throw error
    }
  } finally {
    connection.exec('PRAGMA foreign_keys = ON')
  }
}

const migrateScope = (connection: Connection, scope: Scope, options: MigrateOptions): readonly AppliedMigration[] => {
  // Asked again, now that nobody else can write: another process may have been first.
  const record = readScope(connection, scope.name)
  const missing = missingMigrations(scope, record)
  for (const migration of missing) {
    runMigration(connection, migration)
    recordMigration(connection, scope.name, migration, options.nowMs)
  }
  if (missing.length === 0 && !record.isRecorded) recordVersion(connection, scope.name, record.version, options.nowMs)
  if (scope.name === CORE_SCOPE) recordProperties(connection, options.storeId)
  return missing.map(({ version, name }) => ({ scope: scope.name, version, name }))
}

const runMigration = (connection: Connection, { name, statements }: Migration): void => {
  for (const statement of statements) {
    connection.exec(statement)
    if (!connection.inTransaction) throw new InvariantError(`migration ${name} ended its own transaction`, { name })
  }
}

const PROPERTIES = `SELECT count(*) AS found FROM store_properties WHERE name IN ('store_id', 'durability')`

/** True when nothing is missing; a level other than the connection's is refused here as well. */
const hasProperties = (connection: Connection): boolean => {
  assertOwnLevel(connection)
  return connection.prepare(PROPERTIES).get()?.found === 2
}

const recordProperties = (connection: Connection, storeId: string): void => {
  const record = connection.prepare(
    'INSERT INTO store_properties (name, value) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM store_properties WHERE name = ?)',
  )
  record.run('store_id', storeId, 'store_id')
  record.run('durability', connection.durability, 'durability')
  assertOwnLevel(connection)
}

const assertOwnLevel = (connection: Connection): void => {
  const found = recordedDurability(connection)
  if (found === undefined || found === connection.durability) return
  throw new DurabilityMismatchError(
    `the file was made at ${found} while this connection opened it at ${connection.durability}`,
    {
      found,
      asked: connection.durability,
    },
  )
}

const assertForeignKeys = (connection: Connection): void => {
  const [violation] = connection.prepare('PRAGMA foreign_key_check').all()
  if (violation)
    throw new InvariantError(
      `a migration left a row of ${violation.table} that points at nothing in ${violation.parent}`,
      {
        table: String(violation.table),
        parent: String(violation.parent),
      },
    )
}
