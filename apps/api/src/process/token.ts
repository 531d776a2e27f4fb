import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { link, open, unlink, writeFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigInvalidError } from '@holdfast/engine'

const MIN_LENGTH = 16
/** Others' permissions to read or write. */
const FOR_OTHERS = 0o066

/**
 * The token that callers must send: the one of HOLDFAST_TOKEN, or the one in `<data dir>/token`, which is made (32
 * random bytes, readable by its owner alone) where it is missing. Several processes that start at once agree on one.
 *
 * @throws {ConfigInvalidError} `config.invalid`: the token is too short or can't be sent in a header, or the file is a
 *   symbolic link, not a file, somebody else's, or open to others.
 */
export const readOrMakeToken = async (dataDir: string, given: string | undefined): Promise<string> => {
  if (given !== undefined) return checkToken('HOLDFAST_TOKEN', given)
  const path = join(dataDir, 'token')
  return checkToken(path, (await make(path)) ?? (await read(path)))
}

/** Writes a new token, unless there is a file already. */
const make = async (path: string): Promise<string | undefined> => {
  // Made under another name and linked into place: nobody ever reads half a token, and the first one stays.
  const draft = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`
  const token = randomBytes(32).toString('base64url')
  await writeFile(draft, `${token}\n`, { mode: 0o600, flag: 'wx' })
  try {
    await link(draft, path)
    return token
  } catch (error) {
    if (isCode(error, 'EEXIST')) return undefined
    throw error
  } finally {
    await unlink(draft)
  }
}

const read = async (path: string): Promise<string> => {
  let file: FileHandle | undefined
  try {
    // NOFOLLOW and checks on what was opened, so that nothing can be swapped in between.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const found = await file.stat()
    if (!found.isFile()) throw refused(path, 'is not a file')
    if ((found.mode & FOR_OTHERS) !== 0) throw refused(path, 'is open to others; make it 0600, and change the token')
    if (process.getuid && found.uid !== process.getuid()) throw refused(path, 'belongs to another user')
    return (await file.readFile('utf8')).trim()
  } catch (error) {
    if (isCode(error, 'ELOOP')) throw refused(path, 'is a symbolic link')
    throw error
  } finally {
    await file?.close()
  }
}

const checkToken = (source: string, token: string): string => {
  if (token.length < MIN_LENGTH) throw refused(source, `must have at least ${MIN_LENGTH} characters`)
  if (!/^[A-Za-z0-9\-._~+/]+=*$/.test(token)) {
    throw refused(source, 'must consist of letters, digits and -._~+/ (what a Bearer header can carry)')
  }
  return token
}

const refused = (source: string, why: string): Error =>
  new ConfigInvalidError(`token: ${source} ${why}`, { path: source })

const isCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code
