import { InvalidInputError } from '../errors.js'

/** SQLite's name for a database that lives and dies with its connection. */
export const MEMORY = ':memory:'

/**
 * The one name that an opener gives a database, as a path or as a URL.
 *
 * @throws {InvalidInputError} `input.invalid`: neither or both were given.
 */
export const nameOf = ({ path, url }: { readonly path?: string; readonly url?: string }): string => {
  const name = path ?? url
  if (name === undefined || (path !== undefined && url !== undefined)) {
    throw new InvalidInputError('a store is opened by a path or by a url, one of them')
  }
  return name
}
