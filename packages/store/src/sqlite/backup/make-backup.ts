import { chmodSync, closeSync, openSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { BackupNotSoundError, BackupTakenError, UnsupportedStoreError } from '../../errors.js'
import { openDatabase } from '../database.js'
import { toStoreError } from '../database-errors.js'
import type { SqliteDriver } from '../driver/names.js'
import { addName, dropName, syncFile } from '../durable-names.js'
import { fileError } from '../file-check.js'
import { listed, type Proof, prove } from './prove.js'
import { dropPrivateFile, withPrivateFile } from './private-file.js'

/** What the process that makes a backup is told. Paths are resolved. */
export interface BackupJob {
  readonly path: string
  readonly to: string
  /** Where the copy grows, in the folder of `to`; nothing has this name yet. */
  readonly partial: string
  readonly driver: SqliteDriver | null
  readonly nowMs: number
}

/** What a backup holds. */
export interface BackupReport extends Omit<Proof, 'findings'> {
  /** The backup, absolute. */
  readonly path: string
  readonly bytes: number
}

/**
 * Copies a database of which this process has no connection, proves the copy, and gives it its name last: durable, and
 * all at once. Whatever fails, nothing is left under either name.
 */
export const makeBackup = ({ path, to, partial, driver, nowMs }: BackupJob): BackupReport => {
  try {
    // Made first, for its owner alone: SQLite would give it to whoever the umask does.
    closeSync(openSync(partial, 'wx', 0o600))
    copy(path, partial, driver ?? undefined)
    const { findings, ...proof } = withPrivateFile(partial, driver ?? undefined, (made) => prove(made, nowMs))
    if (findings.length > 0)
      throw new BackupNotSoundError(`the copy of ${path} contradicts itself: ${listed(findings)}`, {
        path,
        findings: findings.map(({ code }) => code).join(', '),
      })
    chmodSync(partial, 0o600)
    syncFile(partial)
    const { size: bytes } = statSync(partial)
    name(partial, to)
    return { path: to, bytes, ...proof }
  } catch (error) {
    throw toStoreError(fileError(error, to))
  } finally {
    dropPrivateFile(partial)
  }
}

/**
 * One snapshot, without the write lock: writers and readers go on. It is a read that lasts for the whole copy, so the WAL
 * grows meanwhile by what is written, and shrinks afterwards.
 */
const copy = (from: string, to: string, driver: SqliteDriver | undefined): void => {
  // A reader's connection can't write anywhere, the copy included. This one takes no lock for its one statement.
  const source = openDatabase({ path: from, driver, role: 'writer' })
  try {
    source.prepare('VACUUM INTO ?').run(to)
  } finally {
    source.close()
  }
}

/** By a second name, because a rename would replace what has appeared there meanwhile. */
const name = (partial: string, to: string): void => {
  try {
    addName(partial, to)
  } catch (error) {
    throw nameError(error, to)
  }
  dropName(partial)
}

/** What a name that couldn't be given says. */
export const nameError = (error: unknown, path: string): unknown => {
  const reason = (error as NodeJS.ErrnoException).code
  if (reason === 'EEXIST') return new BackupTakenError(`${path} is there already`, { path }, { cause: error })
  if (reason !== 'EPERM' && reason !== 'ENOTSUP' && reason !== 'ENOSYS' && reason !== 'EMLINK') return error
  return new UnsupportedStoreError(
    `${basename(path)} can't be given its name at once: this file system has no second names for a file`,
    { path, reason },
    { cause: error },
  )
}
