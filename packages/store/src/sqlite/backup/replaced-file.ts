import { linkSync, lstatSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { RestoreInUseError, type StoreError } from '../../errors.js'
import type { Connection } from '../connection.js'
import { openDatabase } from '../database.js'
import { isBusy, toStoreError } from '../database-errors.js'
import { chooseDriver } from '../driver/choose.js'
import type { SqliteDriver } from '../driver/names.js'
import { dropName, syncFolder } from '../durable-names.js'
import { probeProcess } from '../liveness/lock-probe.js'
import { listProcessLocks } from '../liveness/process-lock.js'
import { retryWhileBusy } from '../begin.js'
import { highestToken } from './new-epoch.js'

/** A database that is about to be replaced: nobody else has it open, and nobody can open it until `release`. */
export interface ReplacedFile {
  /** The highest token that it knows of; 0 where nothing can be read any more. */
  readonly highestToken: number
  /** Gives it a second name, for ever, before its own is taken from it. Nothing of it stays beside its own name. */
  keepAs(path: string): void
  release(): void
}

/**
 * Takes a file that is to be replaced away from everybody. What its WAL still held is in the file itself then.
 *
 * A process that opens it in this moment waits for the lock, finds that it was replaced, and says `store.replaced`.
 *
 * @param lockWaitMs How long others may take to close it.
 * @throws {RestoreInUseError} `restore.in_use`: somebody has it open. It is as it was.
 */
export const takeFile = (path: string, driver: SqliteDriver | undefined, lockWaitMs: number): ReplacedFile => {
  assertNobodyLives(path, driver)
  if (!isThere(path)) return noFile(path)
  const connection = openReadable(path, driver, lockWaitMs)
  return connection ? ownFile(connection, path, lockWaitMs) : noFile(path)
}

/**
 * By their death locks: right for stopped processes and for those in other containers, too.
 *
 * @throws {RestoreInUseError} `restore.in_use`
 */
export const assertNobodyLives = (path: string, driver: SqliteDriver | undefined): void => {
  const { open } = chooseDriver(driver)
  for (const processId of listProcessLocks(path)) {
    if (probeProcess(path, processId, open) === 'alive') throw inUse(path, { processId })
  }
}

const inUse = (path: string, details: { readonly processId?: string }, cause?: unknown): StoreError =>
  new RestoreInUseError(`${path} is in use: stop every process on it first`, { path, ...details }, { cause })

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** Undefined for a file that is damaged, or something else: what is there is put aside as it is. */
const openReadable = (path: string, driver: SqliteDriver | undefined, lockWaitMs: number): Connection | undefined => {
  try {
    return openDatabase({ path, driver, role: 'writer', lockWaitMs })
  } catch (error) {
    const { code } = toStoreError(error)
    if (UNREADABLE.has(code)) return undefined
    throw isBusy(error) || code === 'store.busy' ? inUse(path, {}, error) : error
  }
}

const UNREADABLE: ReadonlySet<string> = new Set(['store.not_a_database', 'store.corrupt'])

const ownFile = (connection: Connection, path: string, lockWaitMs: number): ReplacedFile => {
  try {
    excludeOthers(connection, lockWaitMs)
  } catch (error) {
    closeUnlocked(connection)
    // Its WAL can't be copied into it: it is put aside with it.
    if (UNREADABLE.has(toStoreError(error).code)) return noFile(path)
    throw isBusy(error) || toStoreError(error).code === 'store.busy' ? inUse(path, {}, error) : error
  }
  return {
    highestToken: highestTokenIn(connection),
    keepAs: (aside) => {
      linkSync(path, aside)
      syncFolder(dirname(path))
    },
    release: () => closeUnlocked(connection),
  }
}

/** SQLite lets the last connection alone take a file out of WAL, which also copies everything into the file. */
const excludeOthers = (connection: Connection, lockWaitMs: number): void => {
  connection.exec('PRAGMA synchronous = EXTRA; PRAGMA locking_mode = EXCLUSIVE')
  retryWhileBusy(lockWaitMs, () => connection.exec('PRAGMA journal_mode = DELETE'))
  retryWhileBusy(lockWaitMs, () => connection.exec('BEGIN EXCLUSIVE'))
}

/** A statement that libsql hasn't collected outlives close(), so the lock is freed first: by one read at NORMAL. */
const closeUnlocked = (connection: Connection): void => {
  try {
    if (connection.inTransaction) connection.exec('ROLLBACK')
    connection.exec('PRAGMA locking_mode = NORMAL; SELECT 1 FROM sqlite_master')
  } catch {
    // A damaged file may refuse the read; the lock goes with the process, which ends soon.
  } finally {
    connection.close()
  }
}

/** A database that isn't ours, or half of one, gives no number: then the clock alone decides. */
const highestTokenIn = (connection: Connection): number => {
  try {
    return highestToken(connection)
  } catch {
    return 0
  }
}

/** Nothing there, or nothing that can be opened. A log left beside it would be played into its successor. */
const noFile = (path: string): ReplacedFile => ({
  highestToken: 0,
  keepAs: (aside) => {
    if (isThere(path)) linkSync(path, aside)
    for (const end of ['-wal', '-journal']) if (isThere(`${path}${end}`)) renameSync(`${path}${end}`, `${aside}${end}`)
    dropName(`${path}-shm`)
    syncFolder(dirname(path))
  },
  release: () => {},
})
