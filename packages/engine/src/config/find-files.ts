import { readdir, stat } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { GLOB_ENTRIES } from '../defaults.js'
import { ConfigInvalidError, ConfigNotFoundError } from '../errors.js'

/** Files that hold code; what is only types, and tests beside their tasks, hold none to register. */
const IS_MODULE = /\.[cm]?[jt]s$/
const IS_NOT_A_TASK = /\.d\.[cm]?ts$|\.(test|spec)\.[cm]?[jt]s$/

/**
 * The modules that a path or glob names, sorted. `*` stands for anything within a name, `**` for folders of any
 * depth. A glob leaves out `node_modules`, names that begin with a dot, type declarations and tests.
 *
 * @throws {ConfigNotFoundError} `config.not_found`: nothing is there.
 * @throws {ConfigInvalidError} `config.invalid`: it would look at too much.
 */
export const findModules = async (pattern: string, folder: string): Promise<readonly string[]> => {
  const isGlob = pattern.includes('*')
  const found = isGlob ? await expand(pattern, folder) : await plainPath(resolve(folder, pattern))
  if (found.length === 0) throw new ConfigNotFoundError(`no module matches ${pattern} in ${folder}`, { path: pattern })
  return [...found].sort()
}

const plainPath = async (path: string): Promise<readonly string[]> => {
  const stats = await stat(path).catch(() => undefined) // not there: told by the caller
  return stats?.isFile() ? [path] : []
}

const expand = async (pattern: string, folder: string): Promise<readonly string[]> => {
  const segments = resolve(folder, pattern).split(sep)
  const firstGlob = segments.findIndex((segment) => segment.includes('*'))
  const base = segments.slice(0, firstGlob).join(sep) || sep
  const matches = toMatcher(segments.slice(firstGlob))
  const files = await walk(base, { isDeep: pattern.includes('**'), levels: segments.length - firstGlob })
  return files.filter((path) => matches(relative(base, path)) && IS_MODULE.test(path) && !IS_NOT_A_TASK.test(path))
}

/** All files below a folder, no deeper than the pattern can match. */
const walk = async (base: string, depth: { isDeep: boolean; levels: number }): Promise<readonly string[]> => {
  const files: string[] = []
  const folders = [{ path: base, level: 1 }]
  let looked = 0
  for (let next = folders.shift(); next; next = folders.shift()) {
    const entries = await readdir(next.path, { withFileTypes: true }).catch(() => []) // a folder that isn't there has none
    looked += entries.length
    if (looked > GLOB_ENTRIES)
      throw new ConfigInvalidError(`the tasks below ${base} are among more than ${GLOB_ENTRIES} files: name a folder`, {
        path: base,
      })
    for (const entry of entries) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
      const path = join(next.path, entry.name)
      if (entry.isFile()) files.push(path)
      else if (entry.isDirectory() && (depth.isDeep || next.level < depth.levels))
        folders.push({ path, level: next.level + 1 })
    }
  }
  return files
}

/** A pattern's segments as one regular expression over a path that is relative to its base. */
const toMatcher = (segments: readonly string[]): ((path: string) => boolean) => {
  const source = segments
    .map((segment, i) => {
      if (segment === '**') return '(?:[^/]+/)*'
      const text = segment.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')
      return i < segments.length - 1 ? `${text}/` : text
    })
    .join('')
  const expression = new RegExp(`^${source}$`)
  return (path) => expression.test(path.split(sep).join('/'))
}
