import { closeSync, openSync, readSync, statSync } from 'node:fs'

/**
 * The bytes of `<db>-wal`. Opening and closing this file is safe where opening the database is not: a close drops the
 * POSIX locks of its own file only, and SQLite's locks are on the database and on `-shm`, never on `-wal`.
 *
 * Format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 */
const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24

/** What the WAL's header says. The salts change each time the WAL is begun anew from its first frame. */
export interface WalHeader {
  readonly pageBytes: number
  readonly salts: string
}

export const walPathOf = (databasePath: string): string => `${databasePath}-wal`

/** The header, or undefined while there is none: no file, or nothing written yet. */
export const readWalHeader = (databasePath: string): WalHeader | undefined =>
  withWal(databasePath, (file) => headerOf(file))

/**
 * Whether the WAL's own frames reach `bytes`. The file's size doesn't tell: a WAL begun anew keeps its file, with the
 * frames of its last round behind the new ones. A frame belongs to this round when it carries the header's salts.
 */
export const walReaches = (databasePath: string, bytes: number): boolean => {
  const size = statSync(walPathOf(databasePath), { throwIfNoEntry: false })?.size ?? 0
  if (size < bytes) return false
  return withWal(databasePath, (file) => hasOwnFrameAt(file, bytes)) ?? false
}

/**
 * Whether a commit in the WAL brings the first page: then SQLite takes that page from here, and what the file itself has
 * in its place doesn't matter. Checksums are left to SQLite.
 */
export const walHoldsFirstPage = (databasePath: string): boolean =>
  withWal(databasePath, (file) => {
    const header = headerOf(file)
    return header !== undefined && commitsFirstPage(file, header)
  }) ?? false

const commitsFirstPage = (file: number, { pageBytes, salts }: WalHeader): boolean => {
  let isWritten = false
  for (let at = HEADER_BYTES; ; at += FRAME_HEADER_BYTES + pageBytes) {
    const frame = readAt(file, at, FRAME_HEADER_BYTES)
    if (frame?.toString('hex', 8, 16) !== salts) return false
    isWritten ||= frame.readUInt32BE(0) === 1
    // A frame that ends a transaction says how many pages the file has then.
    if (isWritten && frame.readUInt32BE(4) > 0) return true
  }
}

const hasOwnFrameAt = (file: number, bytes: number): boolean => {
  const header = headerOf(file)
  if (!header) return false
  const frameBytes = FRAME_HEADER_BYTES + header.pageBytes
  const index = Math.max(0, Math.floor((bytes - HEADER_BYTES) / frameBytes) - 1)
  const salts = readAt(file, HEADER_BYTES + index * frameBytes + 8, 8)
  return salts?.toString('hex') === header.salts
}

const headerOf = (file: number): WalHeader | undefined => {
  const header = readAt(file, 0, HEADER_BYTES)
  return header && { pageBytes: header.readUInt32BE(8), salts: header.subarray(16, 24).toString('hex') }
}

/** Undefined when the file ends before. */
const readAt = (file: number, position: number, length: number): Buffer | undefined => {
  const bytes = Buffer.alloc(length)
  return readSync(file, bytes, 0, length, position) === length ? bytes : undefined
}

const withWal = <Result>(databasePath: string, use: (file: number) => Result): Result | undefined => {
  let file: number
  try {
    // A folder in its place can be opened and not be read; SQLite says so in its own way.
    if (!statSync(walPathOf(databasePath)).isFile()) return undefined
    file = openSync(walPathOf(databasePath), 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return use(file)
  } finally {
    closeSync(file)
  }
}
