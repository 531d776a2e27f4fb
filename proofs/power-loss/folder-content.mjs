import { lstatSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * All that lies below a folder, by path: its files with their bytes, and its folders. Shared memory of SQLite is left out:
 * no crash of the system leaves it behind.
 *
 * @typedef {object} Entry
 * @property {string} path
 * @property {number} ino
 * @property {Buffer} [bytes] Of a file.
 *
 * @param {string} folder
 * @returns {Entry[]} The first is the folder itself, with the empty path.
 */
export const contentOf = (folder) => [
  { path: '', ino: lstatSync(folder).ino, bytes: undefined },
  ...readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.endsWith('-shm'))
    .sort()
    .map((path) => entryOf(folder, path)),
]

const entryOf = (folder, path) => {
  const found = lstatSync(join(folder, path))
  return { path, ino: found.ino, bytes: found.isFile() ? readFileSync(join(folder, path)) : undefined }
}
