import type { DurabilityLevel } from '@holdfast/schema'
import { DurabilityMismatchError } from '../errors.js'
import { DEFAULT_LOCK_WAIT_MS, retryWhileBusy } from './begin.js'
import type { Connection } from './connection.js'
import { openDatabase } from './database.js'
import { toStoreError } from './database-errors.js'
import type { SqliteDriver } from './driver/names.js'

export interface ChangeDurabilityOptions {
  readonly path: string
  readonly to: Exclude<DurabilityLevel, 'none'>
  readonly driver?: SqliteDriver | undefined
  readonly lockWaitMs?: number | undefined
}

/**
 * Changes what acknowledged writes to a file survive, from its next open on. Everything written before is on the disk
 * when this returns.
 *
 * Every other connection must be closed: one that stayed would go on at the old level. It takes the file out of WAL,
 * which SQLite allows to the last connection only; the next writer to open it puts it back.
 *
 * @throws {StoreBusyError} `store.busy`: the file is open elsewhere.
 * @throws {DurabilityMismatchError} `store.durability_mismatch`: to or from `none`. Nobody knows what a crash did to
 * such a file: copy it into a new one.
 */
export const changeDurability = (options: ChangeDurabilityOptions): { readonly from: DurabilityLevel } => {
  const { path, to, driver, lockWaitMs = DEFAULT_LOCK_WAIT_MS } = options
  const connection = openDatabase({ path, driver, lockWaitMs, role: 'writer' })
  try {
    const from = connection.durability
    refuseNone(from, to)
    // EXTRA: outside of WAL a commit at FULL can still roll back after power loss (90 of 1,568, measured).
    connection.exec('PRAGMA synchronous = EXTRA; PRAGMA locking_mode = EXCLUSIVE')
    retryWhileBusy(lockWaitMs, () => connection.exec('PRAGMA journal_mode = DELETE'))
    connection.prepare(`UPDATE store_properties SET value = ? WHERE name = 'durability'`).run(to)
    return { from }
  } catch (error) {
    throw toStoreError(error)
  } finally {
    closeUnlocked(connection)
  }
}

/** A statement that libsql hasn't collected outlives close(), so the lock is freed first: by one read at NORMAL. */
const closeUnlocked = (connection: Connection): void => {
  try {
    connection.exec('PRAGMA locking_mode = NORMAL; SELECT 1 FROM sqlite_master')
  } finally {
    connection.close()
  }
}

const refuseNone = (found: DurabilityLevel, asked: DurabilityLevel): void => {
  if (found === 'none' || asked === 'none')
    throw new DurabilityMismatchError(`a file can't be changed from ${found} to ${asked}: copy it into a new one`, {
      found,
      asked,
    })
}
