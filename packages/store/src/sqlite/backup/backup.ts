import { tmpdir } from 'node:os'
import { type Clock, systemClock } from '../../clock.js'
import { databasePath } from '../database-path.js'
import type { SqliteDriver } from '../driver/names.js'
import { partialOf, runApart, type Watch } from './apart.js'
import type { BackupReport } from './make-backup.js'
import { type Confinement, placeForBackup, placeForRestore, placeOfBackup } from './place.js'
import type { RestoreReport } from './restore-copy.js'
import type { VerifyReport } from './verify-copy.js'

interface Common extends Confinement, Watch {
  readonly driver?: SqliteDriver | undefined
  readonly clock?: Clock | undefined
}

export interface BackupOptions extends Common {
  /** The database; API and workers may run on it. */
  readonly path: string
  /** The backup's name. Its folder is there already, on a local disk; `within` confines it. */
  readonly to: string
}

/**
 * Makes a backup: one closed file that holds a moment of the database, whatever runs on it meanwhile.
 *
 * It is proved before it gets its name: every page, every reference, the schema, and what the store promises of its rows.
 * It is durable when this resolves. Whatever fails, a full disk or a `kill -9`, nothing is ever under `to` but the whole
 * backup. Writers and readers go on meanwhile; the WAL grows by what they write.
 *
 * The work is done by a process of its own, which `signal` ends.
 *
 * @throws {BackupTakenError} `backup.target_taken`: something has the name. It was not touched.
 * @throws {BackupTargetError} `backup.target_refused`: SQLite would take a file of this name for a part of a database.
 * @throws {BackupOutsideError} `backup.outside`: it would lie outside of `within`.
 * @throws {BackupNotSoundError} `backup.not_sound`: the database contradicts itself. No backup was made.
 * @throws {StoreMissingError} `store.missing`: there is no such database, or no such folder.
 * @throws {UnsupportedStoreError} `store.unsupported`: a network file system, or one without second names for a file.
 * @throws {DiskFullError} `store.disk_full`: nothing is left behind.
 * @throws {BackupInterruptedError} `backup.interrupted`: its process was ended from outside.
 * @example
 * await backup({ path: '.holdfast/holdfast.db', to: `/var/backups/holdfast-${new Date().toISOString().slice(0, 10)}.db` })
 */
export const backup = async (options: BackupOptions): Promise<BackupReport> => {
  const { driver = null, clock = systemClock } = options
  const path = databasePath(options.path)
  const to = placeForBackup(options.to, options)
  return runApart('backup', { path, to, partial: partialOf(to), driver, nowMs: clock.nowMs() }, options)
}

export interface VerifyOptions extends Common {
  /** The backup. It is only read; `within` confines it. */
  readonly from: string
  /** Where it is restored for the proof: a folder with room for it. The system's own for temporary files by default. */
  readonly workFolder?: string | undefined
}

/**
 * Proves that a backup can be restored, by restoring it into a temporary place: its pages, references and schema, what
 * the store promises of its rows, the migrations to this code's schema, and the new tokens that a restore gives.
 *
 * @returns `isSound`, and the findings where it isn't.
 * @throws {StoreMissingError} `store.missing`, {NotADatabaseError} `store.not_a_database`, {NewerSchemaError}
 * `store.newer_schema`, {BackupNotClosedError} `backup.not_closed`, {BackupOutsideError} `backup.outside`,
 * {DiskFullError} `store.disk_full`: the temporary place.
 */
export const verifyBackup = async (options: VerifyOptions): Promise<VerifyReport> => {
  const { driver = null, clock = systemClock, workFolder = tmpdir() } = options
  const from = placeOfBackup(options.from, options)
  return runApart('verify', { from, workFolder, driver, nowMs: clock.nowMs() }, options)
}

export interface RestoreOptions extends Common {
  /** The backup. It is only read. */
  readonly from: string
  /** The database, in a folder that is there. What has this name now is kept under another. */
  readonly to: string
  /** How long processes that are just stopping may take to close the old file, in milliseconds. */
  readonly lockWaitMs?: number | undefined
}

/** Long enough for the last connection of a process that was just told to stop. */
const RESTORE_WAIT_MS = 2_000

/**
 * Puts a backup in the place of a database, or where there is none. It is proved as by {@link verifyBackup} first.
 *
 * Under the name is the old database or the new one, at every moment and after every crash. The old one is kept, whole,
 * under a name with the time in it (`kept`). Every lease is taken back, and tokens go on above every one that was issued
 * since the backup was made: whoever still works for the old database is refused as `lease.lost`.
 *
 * @throws {RestoreInUseError} `restore.in_use`: a process has the old file open.
 * @throws {BackupTargetError} `backup.target_refused`: a folder, a device, a link to nothing, a file beside a database,
 * or the backup itself.
 * @throws {BackupNotSoundError} `backup.not_sound`: nothing was replaced.
 * @throws What {@link verifyBackup} does; `store.unsupported`, `store.read_only`, `store.disk_full`: nothing was replaced.
 */
export const restore = async (options: RestoreOptions): Promise<RestoreReport> => {
  const { driver = null, clock = systemClock, lockWaitMs = RESTORE_WAIT_MS } = options
  const from = placeOfBackup(options.from, options)
  const to = placeForRestore(options.to, options)
  const job = { from, to, partial: partialOf(to), driver, lockWaitMs, nowMs: clock.nowMs() }
  return runApart('restore', job, options)
}
