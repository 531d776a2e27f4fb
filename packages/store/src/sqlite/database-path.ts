import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InvalidInputError, UnsupportedStoreError } from '../errors.js'
import { MEMORY } from './location.js'

const REMOTE = /^(?:libsql|https?|wss?|postgres(?:ql)?):/i

/**
 * The absolute path that a database's name stands for, or `:memory:`.
 *
 * @param name A path, a `file:` URL, or `:memory:`.
 * @throws {UnsupportedStoreError} `store.unsupported`: a remote URL, or a `file:` URL with parameters.
 */
export const databasePath = (name: string): string => {
  if (name === MEMORY) return MEMORY
  if (name.trim() === '') throw new InvalidInputError('the path of a database is empty', { path: name })
  if (name.includes('\0')) throw new InvalidInputError('the path of a database holds a NUL')
  const remote = REMOTE.exec(name)
  if (remote)
    throw new UnsupportedStoreError(`a SQLite store is a local file, not ${remote[0]}//…`, {
      scheme: remote[0].slice(0, -1),
    })
  return name.startsWith('file:') ? ofFileUrl(name) : resolve(name)
}

const ofFileUrl = (url: string): string => {
  if (/[?#]/.test(url))
    throw new UnsupportedStoreError('a file: URL takes no parameters here: the factory makes every setting', {
      scheme: 'file',
    })
  const rest = url.slice('file:'.length)
  if (rest === MEMORY) return MEMORY
  try {
    // `file:data/app.db`, as SQLite's own tools take it, is relative; a URL parser would make it /data/app.db.
    return rest.startsWith('/') ? fileURLToPath(url) : resolve(decodeURIComponent(rest))
  } catch (cause) {
    throw new InvalidInputError(`${url} is not a file: URL of this machine`, { path: url }, { cause })
  }
}
