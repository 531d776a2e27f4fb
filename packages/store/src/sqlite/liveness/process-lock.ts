import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { InvalidInputError } from '../../errors.js'
import type { ProcessLiveness } from '../../liveness.js'
import { isBusy } from '../database-errors.js'
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

/** Takes the lock of `processId`, which no other process may use. */
export const takeProcessLock = (databasePath: string, processId: string, open: OpenLockFile): ProcessLock => {
  const path = lockPathOf(databasePath, processId)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const file = open(path)
  try {
    file.exec('BEGIN EXCLUSIVE')
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

/** Looks whether the process of this id still holds its lock. Never ask about your own: `process-liveness.ts` knows. */
export const probeProcess = (databasePath: string, processId: string, open: OpenLockFile): ProcessLiveness =>
  withFree(databasePath, processId, open, () => {})

/** Removes the lock file of a dead process. One that lives keeps it. */
export const forgetProcess = (databasePath: string, processId: string, open: OpenLockFile): ProcessLiveness =>
  withFree(databasePath, processId, open, (path) => rmSync(path, { force: true }))

/** The ids of all processes that have a lock file, dead or alive. */
export const listProcessLocks = (databasePath: string): readonly string[] => {
  const folder = locksFolderOf(databasePath)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length))
}

/** Runs `work` while it holds the lock of a dead process. */
const withFree = (
  databasePath: string,
  processId: string,
  open: OpenLockFile,
  work: (path: string) => void,
): ProcessLiveness => {
  const path = lockPathOf(databasePath, processId)
  // Opening would make the file.
  if (!existsSync(path)) return 'unknown'
  const file = open(path)
  try {
    file.exec('BEGIN EXCLUSIVE')
    work(path)
    return 'dead'
  } catch (error) {
    if (isBusy(error)) return 'alive'
    throw error
  } finally {
    file.close()
  }
}

/** Ids become file names, so they may hold nothing that a path gives a meaning to. */
const lockPathOf = (databasePath: string, processId: string): string => {
  if (!/^[\w-]{1,128}$/.test(processId)) {
    throw new InvalidInputError(`a process id holds letters, digits, - and _ only, not ${JSON.stringify(processId)}`)
  }
  return join(locksFolderOf(databasePath), `${processId}${SUFFIX}`)
}
