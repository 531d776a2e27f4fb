import { readdir } from 'node:fs/promises'
import type { Dirent } from 'node:fs'
import { join } from 'node:path'
import { systemCode } from './errors.js'

/** Folders that hold a program's own records: nobody wrote them to be read. */
const SKIPPED_FOLDERS = new Set(['.git', '.holdfast'])
const MARKDOWN = /\.(md|markdown)$/i

/**
 * A Markdown file, or a folder that couldn't be listed. Such a folder's path ends with a slash: that is where its files
 * would stand in byte order, behind a file `a.md` beside the folder `a`.
 */
export type Found =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'unreadable'; readonly path: string; readonly code: string }

/**
 * Finds the Markdown files below a folder, in byte order of their full paths, after `afterPath`.
 *
 * Holds one listing per level of depth, so memory doesn't grow with the number of folders. Symbolic links are not
 * followed: below a package manager's folder they lead to files that are found anyway, or round in circles.
 */
export async function* walkMarkdown(folder: string, afterPath?: string): AsyncGenerator<Found> {
  let entries: Dirent[]
  try {
    entries = await readdir(folder, { withFileTypes: true })
  } catch (error) {
    const code = systemCode(error)
    const path = `${folder}/`
    // Gone since its parent was listed: then there is nothing to find in it.
    if (code !== 'ENOENT' && (afterPath === undefined || isAfter(path, afterPath)))
      yield { kind: 'unreadable', path, code: code ?? 'unknown error' }
    return
  }
  for (const { entry } of entries.map(keyed).sort((a, b) => Buffer.compare(a.key, b.key))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (SKIPPED_FOLDERS.has(entry.name) || (afterPath !== undefined && endsBefore(path, afterPath))) continue
      yield* walkMarkdown(path, afterPath)
    } else if (isTaken(entry) && (afterPath === undefined || isAfter(path, afterPath))) yield { kind: 'file', path }
  }
}

// A pipe or a device of such a name is found as well, so that its item says what it is instead of nobody.
const isTaken = (entry: Dirent): boolean => MARKDOWN.test(entry.name) && !entry.isSymbolicLink()

// With a slash behind a folder's name, walking depth first gives full paths in byte order ("a-b" before "a/b").
const keyed = (entry: Dirent) => ({ entry, key: Buffer.from(entry.isDirectory() ? `${entry.name}/` : entry.name) })

/** Byte order of UTF-8, which is the order of paths in the database. */
export const isAfter = (path: string, other: string): boolean =>
  Buffer.compare(Buffer.from(path), Buffer.from(other)) > 0

/** True when everything below `folder` sorts before `path`. */
const endsBefore = (folder: string, path: string): boolean => isAfter(path, `${folder}0`)
