import type { DurabilityLevel } from '@holdfast/schema'
import { SettingRefusedError } from '../errors.js'
import type { Connection, SqlValue } from './connection.js'
import { SYNCHRONOUS } from './durability.js'

/**
 * Pages that a connection keeps, in KiB as SQLite counts below zero. The writer has room for a large group, so that it
 * doesn't spill to disk in the middle. The others find their pages in the system's cache: a process has several of them.
 */
const CACHE_KIB: Readonly<Record<Connection['role'], number>> = { writer: -16_384, reader: -2_048, checkpointer: -256 }
/** A WAL that was reset is cut back to this, so that one large group doesn't keep its space for ever. */
const WAL_SIZE_LIMIT_BYTES = 8 * 1024 * 1024
/** A reader meets a lock only while the WAL is being recovered or the last connection closes. */
const READER_BUSY_TIMEOUT_MS = 250

export interface Setting {
  readonly name: string
  readonly value: number
}

// An I/O error in a mapped page is a signal that ends the process. A database in memory doesn't know the setting.
const FILE_ONLY: readonly Setting[] = [{ name: 'mmap_size', value: 0 }]

/** Every PRAGMA of a connection in the order they are set, journal mode apart. */
export const settingsOf = (
  role: Connection['role'],
  durability: DurabilityLevel,
  isMemory: boolean,
): readonly Setting[] => [
  ...(isMemory ? [] : FILE_ONLY),
  { name: 'foreign_keys', value: 1 },
  // Without it, INSERT OR REPLACE walks past every DELETE trigger (measured).
  { name: 'recursive_triggers', value: 1 },
  // Views and triggers of a file that someone else prepared may not call what has side effects.
  { name: 'trusted_schema', value: 0 },
  // A checkpoint by a laxer connection undoes the promise of a stricter one, so the checkpointer is always FULL.
  { name: 'synchronous', value: role === 'checkpointer' ? SYNCHRONOUS.power : SYNCHRONOUS[durability] },
  // Checkpoints run under the write lock, by the checkpointer, and nowhere else.
  { name: 'wal_autocheckpoint', value: 0 },
  { name: 'journal_size_limit', value: WAL_SIZE_LIMIT_BYTES },
  { name: 'cache_size', value: CACHE_KIB[role] },
  { name: 'temp_store', value: 2 },
  // The writer waits by polls of its own (`begin.ts`); SQLite's wait starved all but one process.
  { name: 'busy_timeout', value: role === 'writer' ? 0 : READER_BUSY_TIMEOUT_MS },
  { name: 'query_only', value: role === 'reader' ? 1 : 0 },
]

/** @throws {SettingRefusedError} `store.setting_refused`: SQLite kept another value. */
export const assertReadBack = (name: string, asked: SqlValue, found: SqlValue): void => {
  if (found !== asked)
    throw new SettingRefusedError(`PRAGMA ${name} was set to ${asked} and reads ${found}`, {
      pragma: name,
      asked: String(asked),
      found: String(found),
    })
}
