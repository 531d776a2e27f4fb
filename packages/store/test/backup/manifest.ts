import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** Everything below a folder: kind, and what it holds. Two that are equal say that nothing was touched. */
export const manifestOf = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => [name, contentOf(join(folder, name))]),
  )

const contentOf = (path: string): string => {
  const stat = lstatSync(path)
  if (stat.isSymbolicLink()) return `link to ${readlinkSync(path)}`
  if (!stat.isFile()) return stat.isDirectory() ? 'folder' : 'special'
  return `${stat.size} bytes, ${createHash('sha256').update(readFileSync(path)).digest('hex')}`
}
