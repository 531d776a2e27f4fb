import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { InvalidInputError } from '../../errors.js'
import type { NativeDatabase } from '../driver/native.js'

/**
 * The death lock: each process holds BEGIN EXCLUSIVE on a small SQLite file of its own. The lock belongs to the process,
 * so the system frees it when the process ends, and at no other time: a stopped process keeps it.
 *
 * The file is in rollback-journal mode, where BEGIN EXCLUSIVE keeps out everybody. Nothing is ever written to it.
 *
 * Who opens such a file by other means than SQLite, and closes it, drops a lock that his own process holds on it. So
 * these files are only listed and removed here, never read.
 */
export interface ProcessLock {
  readonly processId: string
  /** Gives the lock back and removes its file: nobody needs to be told that this process is dead. Idempotent. */
  release(): void
}

/** Opens a file with the store's own SQLite library. Another copy's locks would not exclude this one's. */
export type OpenLockFile = (path: string) => NativeDatabase

export const locksFolderOf = (databasePath: string): string => `${databasePath}-processes`

const SUFFIX = '.lock'

/** Keeps held locks from the garbage collector, which would close them: a store that nobody refers to still lives. */
const held = new Set<NativeDatabase>()

/**
 * Takes the lock of `processId`, which no other process may use.
 *
 * The file gets its name when it is locked already: others look at every lock file several times a second, and one that
 * is not held yet would read as that of a dead process. Killed in between, it leaves an empty file that nobody asks.
 */
export const takeProcessLock = (databasePath: string, processId: string, open: OpenLockFile): ProcessLock => {
  const path = lockPathOf(databasePath, processId)
  const unnamed = `${path}-new`
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const file = open(unnamed)
  try {
    // BEGIN EXCLUSIVE on an empty file makes its first page, in memory, and a journal for it: which a killed process would
    // leave behind on disk. Nothing is ever written, so the journal may stay in memory as well.
    file.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    // The lock is on the file, whatever it is called.
    renameSync(unnamed, path)
  } catch (error) {
    file.close()
    throw error
  }
  held.add(file)
  const release = (): void => {
    if (!held.delete(file)) return
    // Removed while it is still held: whoever probes finds it taken, or finds nothing.
    rmSync(path, { force: true })
    file.close()
  }
  return { processId, release }
}

/** The ids of all processes that have a lock file, dead or alive. */
export const listProcessLocks = (databasePath: string): readonly string[] =>
  namesIn(locksFolderOf(databasePath))
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length))
    .filter((id) => PROCESS_ID.test(id))

/** Nothing while there is no such folder. */
const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Ids become file names, so they may hold nothing that a path gives a meaning to. */
const PROCESS_ID = /^[\w-]{1,128}$/

/** @throws {InvalidInputError} `input.invalid`: no process has such an id. */
export const lockPathOf = (databasePath: string, processId: string): string => {
  if (!PROCESS_ID.test(processId)) {
    throw new InvalidInputError(`a process id holds letters, digits, - and _ only, not ${JSON.stringify(processId)}`)
  }
  return join(locksFolderOf(databasePath), `${processId}${SUFFIX}`)
}
