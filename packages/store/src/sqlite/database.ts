import type { DurabilityLevel } from '@holdfast/schema'
import { StatementRefusedError } from '../errors.js'
import { beginImmediate, retryWhileBusy } from './begin.js'
import type { Connection, DriverConnection, SqlValue } from './connection.js'
import { toStoreError } from './database-errors.js'
import { drizzleOver } from './driver/drizzle.js'
import { facadeOver } from './driver/facade.js'
import { openLibsql } from './driver/libsql.js'
import { DEFAULT_DURABILITY } from './durability.js'
import { adopt } from './module.js'
import { assertReadBack, settingsOf } from './settings.js'

/** How long start-up and a user's transaction wait for the write lock unless told otherwise. */
export const DEFAULT_LOCK_WAIT_MS = 5_000

export interface OpenDatabaseOptions {
  readonly path: string
  readonly role: Connection['role']
  readonly durability?: DurabilityLevel
  readonly create?: boolean
  readonly lockWaitMs?: number
}

const pragmaOf = (connection: DriverConnection, name: string): SqlValue =>
  connection.prepare(`PRAGMA ${name}`).raw().get()?.[0] ?? null

export const openDatabase = (options: OpenDatabaseOptions): Connection => {
  const { path, role, lockWaitMs = DEFAULT_LOCK_WAIT_MS, durability = DEFAULT_DURABILITY } = options
  const isMemory = path === ':memory:'
  try {
    const base = facadeOver(openLibsql(path), { mayCheckpoint: role === 'checkpointer' })
    base.exec('PRAGMA busy_timeout = 0')
    if (role === 'writer') retryWhileBusy(lockWaitMs, () => base.exec('PRAGMA journal_mode = WAL'))
    assertReadBack('journal_mode', isMemory ? 'memory' : 'wal', pragmaOf(base, 'journal_mode'))
    for (const { name, value } of settingsOf(role, durability, isMemory)) {
      base.exec(`PRAGMA ${name} = ${value}`)
      assertReadBack(name, value, pragmaOf(base, name))
    }
    return connectionOver(base, { path, role, lockWaitMs })
  } catch (error) {
    throw toStoreError(error)
  }
}

const connectionOver = (
  base: DriverConnection,
  { path, role, lockWaitMs }: { path: string; role: Connection['role']; lockWaitMs: number },
): Connection => {
  const transaction = <Result>(body: () => Result): Result => {
    if (role !== 'writer') throw new StatementRefusedError(`a ${role} has no transactions`, { statement: 'transaction' })
    const nested = base.inTransaction
    if (nested) base.exec('SAVEPOINT holdfast')
    else beginImmediate(base, lockWaitMs)
    try {
      const result = body()
      base.exec(nested ? 'RELEASE holdfast' : 'COMMIT')
      return result
    } catch (error) {
      // A failed COMMIT, or a full disk, may have rolled it back already.
      if (base.inTransaction) base.exec(nested ? 'ROLLBACK TO holdfast; RELEASE holdfast' : 'ROLLBACK')
      throw error
    }
  }
  const db = drizzleOver({ prepare: (sql) => base.prepare(sql), transaction })
  adopt(db)
  return {
    path,
    role,
    db,
    driver: base.driver,
    sqliteVersion: base.sqliteVersion,
    get inTransaction() {
      return base.inTransaction
    },
    exec: (sql) => base.exec(sql),
    prepare: (sql) => base.prepare(sql),
    close: () => base.close(),
    pragma: (name) => pragmaOf(base, name),
  }
}
