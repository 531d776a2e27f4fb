import { realpath } from 'node:fs/promises'
import { isAbsolute, relative, resolve, sep } from 'node:path'

/** Where a piece of evidence points, or why nobody looks there. */
export type Located = { readonly path: string } | { readonly reason: 'missing' | 'outside_root' }

/**
 * Resolves a path of a pack, symbolic links included.
 *
 * Relative paths start at `root`, or at the working folder. With a root, nothing outside of it is ever opened: not by
 * `..`, not by an absolute path, and not by a link inside that leads out.
 */
export const locate = async (path: string, root: string | undefined): Promise<Located> => {
  const base = resolve(root ?? '.')
  const asked = resolve(base, path)
  const [real, realBase] = await Promise.all([resolved(asked), resolved(base)])
  const isAllowed = root === undefined || isWithin(realBase ?? base, real ?? asked)
  if (!isAllowed) return { reason: 'outside_root' }
  return real === undefined ? { reason: 'missing' } : { path: real }
}

const isWithin = (base: string, path: string): boolean => {
  const way = relative(base, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

const resolved = async (path: string): Promise<string | undefined> => {
  try {
    return await realpath(path)
  } catch {
    return undefined // Not there, or behind a folder that may not be read: nothing to find either way.
  }
}
