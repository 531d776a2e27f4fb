import { realpath, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, resolve, sep } from 'node:path'
import { refuse, systemCode } from './errors.js'

/**
 * The folders that an ingest may read below, from `HOLDFAST_INGEST_ROOTS` (separated as in `PATH`); the folder in
 * which the worker was started where it is not set. Symbolic links are resolved.
 */
export const ingestRoots = async (env: NodeJS.ProcessEnv, cwd: string): Promise<readonly string[]> => {
  const named = (env.HOLDFAST_INGEST_ROOTS ?? '').split(delimiter).filter((root) => root !== '')
  return Promise.all((named.length > 0 ? named : [cwd]).map((root) => realpath(resolve(cwd, root))))
}

/** True when `path`, itself free of links, is one of the roots or lies below one. */
export const isBelow = (roots: readonly string[], path: string): boolean =>
  roots.some((root) => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep))

/**
 * The real path of a folder that may be read.
 *
 * A relative folder is meant from the first root. What lies outside is refused in the same words whether it exists
 * or not, so that nobody can ask this task what the disk holds.
 *
 * @throws `ingest.outside_roots`, `ingest.not_found`, `ingest.not_a_folder`
 */
export const resolveFolder = async (folder: string, roots: readonly string[]): Promise<string> => {
  const asked = isAbsolute(folder) ? resolve(folder) : resolve(roots[0] ?? sep, folder)
  const outside = () =>
    refuse('ingest.outside_roots', `${folder} is not below HOLDFAST_INGEST_ROOTS (${roots.join(delimiter)})`)
  let real: string
  try {
    real = await realpath(asked)
  } catch (error) {
    if (!isBelow(roots, asked)) throw outside()
    throw refuse('ingest.not_found', `${folder} can't be opened: ${systemCode(error) ?? 'unknown error'}`, error)
  }
  if (!isBelow(roots, real)) throw outside()
  if (!(await stat(real)).isDirectory()) throw refuse('ingest.not_a_folder', `${folder} is not a folder`)
  return real
}
