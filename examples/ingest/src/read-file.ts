import { createHash } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { open, realpath, type FileHandle } from 'node:fs/promises'
import { resolve } from 'node:path'
import { refuse, systemCode } from './errors.js'
import { isBelow } from './roots.js'

export interface ReadFile {
  readonly text: string
  /** `sha256:` and 64 hex digits of the bytes. */
  readonly contentHash: string
  readonly bytes: number
}

/** The largest Markdown file that is taken, unless the submission names another limit. */
export const MAX_FILE_BYTES = 1_048_576

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads a file that may be read, whole.
 *
 * @returns undefined when the file is gone.
 * @throws `ingest.outside_roots`, `ingest.not_a_file`, `ingest.unreadable`, `ingest.too_large`, `ingest.not_utf8`
 */
export const readMarkdown = async (
  path: string,
  { roots, maxBytes }: { readonly roots: readonly string[]; readonly maxBytes: number },
): Promise<ReadFile | undefined> => {
  const handle = await openBelow(path, roots)
  if (!handle) return undefined
  try {
    const about = await handle.stat()
    checkFile(path, about, maxBytes)
    const bytes = await readUpTo(handle, about.size, maxBytes + 1)
    // It may have grown since it was measured.
    if (bytes.byteLength > maxBytes) throw tooLarge(path, bytes.byteLength, maxBytes)
    return {
      text: decode(path, bytes),
      contentHash: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
      bytes: bytes.byteLength,
    }
  } catch (error) {
    if (systemCode(error)?.startsWith('E')) throw unreadable(path, error)
    throw error
  } finally {
    await handle.close()
  }
}

// The folders above the file may have become links since the walk, so the real path counts; and the last step isn't
// followed, so that the file can't become one between the look and the opening.
const openBelow = async (path: string, roots: readonly string[]): Promise<FileHandle | undefined> => {
  const outside = () => refuse('ingest.outside_roots', `${path} leads outside of HOLDFAST_INGEST_ROOTS`)
  try {
    const real = await realpath(path)
    if (!isBelow(roots, real)) throw outside()
    // Non-blocking, because opening a pipe would otherwise wait for its writer.
    return await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const code = systemCode(error)
    // In the same words whether it exists or not: nobody is to learn what the disk holds elsewhere.
    if (code?.startsWith('E') && !isBelow(roots, resolve(path))) throw outside()
    if (code === 'ENOENT') return undefined
    if (code?.startsWith('E')) throw unreadable(path, error)
    throw error
  }
}

const checkFile = (path: string, about: Stats, maxBytes: number): void => {
  if (!about.isFile()) throw refuse('ingest.not_a_file', `${path} is not a regular file`)
  if (about.size > maxBytes) throw tooLarge(path, about.size, maxBytes)
}

/**
 * Reads at most `most` bytes. A buffer of the file's own size, not of the limit's: what many small files leave behind
 * outside of the heap is collected late.
 */
const readUpTo = async (handle: FileHandle, size: number, most: number): Promise<Uint8Array> => {
  let buffer = Buffer.allocUnsafe(Math.min(size + 1, most))
  let length = 0
  while (length < most) {
    // It has grown since it was measured.
    if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(2 * length, most))
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return buffer.subarray(0, length)
}

const decode = (path: string, bytes: Uint8Array): string => {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch (error) {
    throw refuse('ingest.not_utf8', `${path} is not UTF-8 text`, error)
  }
  // A NUL is legal UTF-8 but no text: SQLite would cut the section there.
  if (text.includes('\u0000')) throw refuse('ingest.not_utf8', `${path} holds a NUL character: it is not text`)
  return text
}

const tooLarge = (path: string, bytes: number, maxBytes: number) =>
  refuse('ingest.too_large', `${path} has ${bytes} bytes, at most ${maxBytes} are taken`)

const unreadable = (path: string, error: unknown) =>
  refuse('ingest.unreadable', `${path} can't be read: ${systemCode(error) ?? 'unknown error'}`, error)
