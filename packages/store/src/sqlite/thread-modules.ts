import { OperationUnknownError } from '../errors.js'
import type { SqliteModule } from './module.js'

/** What of a module can cross into a thread: where to find it. */
export type ModuleAddress = Pick<SqliteModule, 'name' | 'url'>

/**
 * Imports modules inside a thread, by their own addresses.
 *
 * @throws {OperationUnknownError} `store.operation_unknown`: nothing at that address, or no module in it.
 */
export const importModules = (addresses: readonly ModuleAddress[]): Promise<readonly SqliteModule[]> =>
  Promise.all(addresses.map(importModule))

const importModule = async ({ name, url }: ModuleAddress): Promise<SqliteModule> => {
  let found: { readonly sqlite?: SqliteModule }
  try {
    found = (await import(url)) as typeof found
  } catch (cause) {
    throw new OperationUnknownError(
      `the thread can't import module ${name} from ${url}. Inside a bundle, open the store with writer: 'inline'`,
      { module: name, url },
      { cause },
    )
  }
  if (!found.sqlite || found.sqlite.name !== name) {
    throw new OperationUnknownError(`${url} doesn't export module ${name} under the name sqlite`, { module: name, url })
  }
  return found.sqlite
}

/**
 * Compares what a thread found with what its opener has: a difference is found at open, not at the first call.
 *
 * @throws {OperationUnknownError} `store.operation_unknown`
 */
export const assertSameOperations = (expected: Iterable<string>, found: Iterable<string>): void => {
  const here = new Set(expected)
  const there = new Set(found)
  const missing = [...here].filter((name) => !there.has(name))
  const extra = [...there].filter((name) => !here.has(name))
  if (missing.length === 0 && extra.length === 0) return
  throw new OperationUnknownError(
    `the thread's modules differ: it lacks [${missing.join(', ')}] and adds [${extra.join(', ')}]`,
    { missing: missing.join(', '), extra: extra.join(', ') },
  )
}
