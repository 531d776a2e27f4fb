import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DriverDuplicateError, type StoreError } from '../errors.js'
import { NODE_SQLITE } from './driver/node-sqlite.js'

/**
 * One copy of one SQLite library per file and process.
 *
 * File locks belong to the process: two libraries in it, or two installed copies of one version, don't exclude each
 * other. Measured: both held BEGIN IMMEDIATE, both commits returned ok, one row was gone.
 *
 * What is covered:
 * - every connection that any copy of this package opens in this thread: they share one register on `globalThis`;
 * - the threads that the store starts: they are told the copy of the thread that started them, and refuse another;
 * - on Linux, what is open elsewhere in the process (the user's own threads, another library): /proc shows whether
 *   the file is open and whether a second SQLite library is loaded, and both together are refused. node:sqlite, which
 *   is no file of its own, is seen in this thread only.
 * What is not: a library that opens the file after us without asking (`file-hold.ts` notices when it closes it), and
 * /proc-less systems for the third point.
 */

/** A file, whatever its name: device and inode. */
export type FileKey = `${bigint}:${bigint}`

interface OpenFile {
  /** Stays after the last close: a library's leftovers may hold the file until the garbage collector comes. */
  copy: string
  connections: number
}

/** Closed files that are remembered. */
const REMEMBERED_FILES = 1_000

const REGISTER = Symbol.for('holdfast.open-files')

const register = (): Map<FileKey, OpenFile> => {
  const shared = globalThis as { [REGISTER]?: Map<FileKey, OpenFile> }
  shared[REGISTER] ??= new Map()
  return shared[REGISTER]
}

/** @throws the file system's error when there is no such file. `stat` opens nothing, so it is always safe. */
export const keyOf = (path: string): FileKey => {
  const { dev, ino } = statSync(path, { bigint: true })
  return `${dev}:${ino}`
}

/** True when this thread's register says so, or when /proc shows a descriptor of this process on the file. */
export const isOpenHere = (key: FileKey): boolean => (register().get(key)?.connections ?? 0) > 0 || hasDescriptor(key)

export interface Opener {
  /** Where the library lives that is about to open the file. */
  readonly copy: string
  /** The copy that the starting thread uses on this file; only threads of the store are told. */
  readonly expectedCopy?: string | undefined
}

/**
 * Enters a connection into the register, before the library opens the file.
 *
 * @returns Takes it out again; a second call does nothing.
 * @throws {DriverDuplicateError} `driver.duplicate`: another copy has the file open. Nothing was opened.
 */
export const enterCopy = (key: FileKey, path: string, { copy, expectedCopy }: Opener): (() => void) => {
  const files = register()
  const other = otherCopy(key, { copy, expectedCopy })
  if (other !== undefined) throw duplicate(path, copy, other)
  const file = files.get(key) ?? { copy, connections: 0 }
  file.copy = copy
  file.connections += 1
  files.set(key, file)
  return once(() => {
    file.connections -= 1
    if (file.connections === 0 && files.size > REMEMBERED_FILES) files.delete(key)
  })
}

/** Another copy that has the file open, or may have. */
const otherCopy = (key: FileKey, { copy, expectedCopy }: Opener): string | undefined => {
  const known = register().get(key)
  const told = known && known.connections > 0 ? known.copy : expectedCopy
  if (told !== undefined) return told === copy ? undefined : told
  if (known?.copy === copy || !hasDescriptor(key)) return undefined
  return known?.copy ?? otherLibraries(copy)[0]
}

const once = (act: () => void): (() => void) => {
  let done = false
  return () => {
    if (done) return
    done = true
    act()
  }
}

const duplicate = (path: string, copy: string, other: string): StoreError =>
  new DriverDuplicateError(
    `${path} is open in this process through ${other}; opening it through ${copy} as well would lose writes. ` +
      'Make both resolve to one installed copy, or use one driver',
    { path, copy, other },
  )

/** Descriptors of the whole process, all threads and libraries. `stat` on them takes and drops no lock. */
const hasDescriptor = (key: FileKey): boolean =>
  listed('/proc/self/fd').some((fd) => {
    try {
      return keyOf(join('/proc/self/fd', fd)) === key
    } catch {
      return false // Closed since it was listed.
    }
  })

const listed = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder)
  } catch {
    return [] // No /proc on this system: the register is all there is.
  }
}

const SQLITE_ADDON = /\/(?:@libsql|libsql|better-sqlite3|sqlite3)\/.*\.node$/

/** SQLite libraries that are loaded beside `copy`: anywhere in this process, and node:sqlite in this thread. */
const otherLibraries = (copy: string): readonly string[] => {
  const libraries = new Set(loadedFiles().filter((file) => SQLITE_ADDON.test(file)))
  if (isNodeSqliteLoaded()) libraries.add(NODE_SQLITE)
  // A copy that isn't in the list under its own name can't be told from another.
  if (!libraries.delete(copy) && copy !== NODE_SQLITE) return []
  return [...libraries]
}

/** It is part of Node, so no file tells; Node's list of the modules that this thread loaded does. */
const isNodeSqliteLoaded = (): boolean =>
  (process as { moduleLoadList?: readonly string[] }).moduleLoadList?.includes('NativeModule sqlite') ?? false

const loadedFiles = (): readonly string[] => {
  try {
    return readFileSync('/proc/self/maps', 'utf8')
      .split('\n')
      .map((line) => line.slice(line.indexOf('/')))
  } catch {
    return [] // As above.
  }
}
