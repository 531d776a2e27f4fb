import { fileURLToPath } from 'node:url'
import { resolve } from 'node:path'
import { InvalidInputError, UnsupportedStoreError } from '../errors.js'

/** SQLite's name for a database that lives and dies with its connection. */
export const MEMORY = ':memory:'

/**
 * The absolute path that a `path` or `url` names.
 *
 * @throws {UnsupportedStoreError} `store.unsupported`: a remote; the promises rest on a local file.
 * @throws {InvalidInputError} `input.invalid`: neither or both were given.
 */
export const locate = ({ path, url }: { readonly path?: string; readonly url?: string }): string => {
  if ((path === undefined) === (url === undefined)) throw new InvalidInputError('openStore takes a path or a url')
  const named = path ?? url ?? ''
  if (named === '') throw new InvalidInputError('the path of a store must not be empty')
  if (named === MEMORY || named === `file:${MEMORY}`) return MEMORY
  if (named.startsWith('file:')) return named.startsWith('file://') ? fileURLToPath(named) : resolve(named.slice(5))
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(named)?.[1]
  if (scheme) {
    throw new UnsupportedStoreError(`${scheme}:// is not a local file; the SQLite engine opens local files only`, { scheme })
  }
  return resolve(named)
}
