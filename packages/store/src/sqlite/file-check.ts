import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  chmodSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import {
  DiskFullError,
  InvalidInputError,
  NotADatabaseError,
  StoreIoError,
  StoreMissingError,
  StoreReadOnlyError,
  type StoreError,
} from '../errors.js'
import { syncFolder } from './durable-names.js'
import { assertLocalFileSystem } from './file-system.js'
import { isOpenHere, keyOf, type FileKey } from './one-copy.js'
import { walHoldsFirstPage } from './wal/wal-file.js'

const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

const MAGIC = 'SQLite format 3\0'
/** The smallest page. A shorter file is cut off, or something else. */
const SMALLEST_BYTES = 512

export interface FileCheck {
  /** Make the folder and the file when they are missing, and take an empty file for a new database. */
  readonly create: boolean
  /** Another thread of this process looked at the bytes, and may have the file open now. */
  readonly checked: boolean
}

/** A file that SQLite may open. */
export interface CheckedFile {
  /** Absolute, symlinks resolved: one name for one file, also for what lies beside it. */
  readonly path: string
  readonly key: FileKey
}

/**
 * Looks at a database's file before SQLite does, creating it when asked to. What is refused is not touched.
 *
 * Its bytes are read only while this process has it open nowhere: closing a second descriptor drops every lock that
 * the process holds on the file, and acknowledged commits were lost that way (measured). Without /proc the process
 * sees its own thread only, so a thread that opens a file after another passes `checked`.
 *
 * @throws `store.missing`, `store.not_a_database`, `store.read_only`, `store.unsupported`, `store.disk_full`
 */
export const checkFile = (path: string, { create, checked }: FileCheck): CheckedFile => {
  try {
    if (create) createMissing(path)
    const found = { path: realpathSync(path), key: keyOf(path) }
    assertLocalFileSystem(found.path)
    assertRegularFile(found.path)
    assertWritable(found.path)
    if (!checked && !isOpenHere(found.key)) assertDatabase(found.path, create)
    return found
  } catch (error) {
    throw fileError(error, path)
  }
}

const createMissing = (path: string): void => {
  // statSync follows links: a link to nothing is missing, and creating through it would surprise its owner.
  if (existsSync(path)) return
  const folder = dirname(path)
  assertLocalFileSystem(realpathSync(nearestExisting(folder)))
  createFolder(folder)
  try {
    const file = openSync(path, 'wx', FILE_MODE)
    // The mode given to open is cut by the umask.
    fchmodSync(file, FILE_MODE)
    closeSync(file)
  } catch (error) {
    // Another process was first: what it made is looked at like any other file.
    if (codeOf(error) === 'EEXIST') return
    throw error
  }
  syncFolder(folder)
}

const nearestExisting = (folder: string): string => (existsSync(folder) ? folder : nearestExisting(dirname(folder)))

const createFolder = (folder: string): void => {
  const first = mkdirSync(folder, { recursive: true, mode: FOLDER_MODE })
  if (first === undefined) return
  const above = dirname(first)
  let made = above
  for (const name of relative(above, folder).split(sep)) {
    // Each new name is made durable in the folder that holds it: a file is worth nothing when its folder is lost.
    syncFolder(made)
    made = join(made, name)
    chmodSync(made, FOLDER_MODE)
  }
}

const assertRegularFile = (path: string): void => {
  const stat = statSync(path)
  if (!stat.isFile()) throw notADatabase(path, stat.isDirectory() ? 'a folder' : 'not a regular file')
}

/** WAL and shared memory are made beside the file, so a reader needs a writable folder as well. */
const assertWritable = (path: string): void => {
  accessSync(path, constants.R_OK | constants.W_OK)
  accessSync(dirname(path), constants.W_OK | constants.X_OK)
}

const assertDatabase = (path: string, create: boolean): void => {
  if (isHalfWritten(path, create)) return
  const head = readHead(path, SMALLEST_BYTES)
  if (head.length === 0) {
    // SQLite takes it for a new database in silence: a store whose file was cut to nothing would look fresh.
    if (!create) throw notADatabase(path, 'empty')
    return
  }
  if (head.length < SMALLEST_BYTES) throw notADatabase(path, `${head.length} bytes long`)
  if (head.toString('latin1', 0, MAGIC.length) !== MAGIC) throw notADatabase(path, 'something else')
}

/** What a rollback journal begins with: https://www.sqlite.org/fileformat2.html#the_rollback_journal */
const JOURNAL_MAGIC = 'd9d505f920a163d7'
const JOURNAL_PAGES_AT = 16

/**
 * Whether the first page doesn't count, because SQLite has another one: when the power goes while it is written, it may
 * be anything, torn sector by sector. A WAL checkpoint copies it from the WAL, where it still is. A file that isn't in
 * WAL, new or just restored, has what was there before in its rollback journal; of a new one that is nothing at all.
 */
const isHalfWritten = (path: string, create: boolean): boolean => {
  const pages = journalledPages(path)
  return (pages === undefined ? false : pages > 0 || create) || walHoldsFirstPage(path)
}

/** How many pages the file had when somebody began to write to it; undefined where its journal has ended. */
const journalledPages = (path: string): number | undefined => {
  try {
    if (!statSync(`${path}-journal`).isFile()) return undefined
    const journal = readHead(`${path}-journal`, JOURNAL_PAGES_AT + 4)
    const isHot = journal.length === JOURNAL_PAGES_AT + 4 && journal.toString('hex', 0, 8) === JOURNAL_MAGIC
    return isHot ? journal.readUInt32BE(JOURNAL_PAGES_AT) : undefined
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Fewer bytes where the file has fewer. */
const readHead = (path: string, bytes: number): Buffer => {
  const head = Buffer.alloc(bytes)
  const file = openSync(path, 'r')
  try {
    return head.subarray(0, readSync(file, head, 0, bytes, 0))
  } finally {
    closeSync(file)
  }
}

const notADatabase = (path: string, found: string): StoreError =>
  new NotADatabaseError(`${path} is not a SQLite database: it is ${found}`, { path, found })

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code

/** The typed error of what the file system said of `path`; what it didn't say comes back as it is. */
export const fileError = (error: unknown, path: string): unknown => {
  const details = { path, reason: codeOf(error) ?? null }
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new StoreMissingError(`there is no database at ${path}`, details, { cause: error })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StoreReadOnlyError(`${path} or its folder can't be read and written`, details, { cause: error })
    case 'ENOSPC':
    case 'EDQUOT':
      return new DiskFullError(`there is no space for ${path}`, details, { cause: error })
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return new InvalidInputError(`${path} is no usable path`, details, { cause: error })
    case 'EIO':
      return new StoreIoError(`the disk failed at ${path}`, details, { cause: error })
    default:
      return error
  }
}
