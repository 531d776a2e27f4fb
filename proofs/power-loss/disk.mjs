import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { StoredFile, apply, applyName } from './storage.mjs'

/**
 * What a crash left: which changes of names landed, and what became of each file's pending operations.
 *
 * @typedef {object} Landing
 * @property {readonly import('./storage.mjs').NameChange[]} names
 * @property {(file: StoredFile) => void} data Lets what landed of a file's pending operations land in its image.
 */

/**
 * Every file and folder that a name leads to, under a landing.
 *
 * @returns {Map<string, StoredFile | import('./storage.mjs').StoredFolder>} By path, folders before what is in them.
 */
export const namesAfter = (storage, names) => {
  const changed = new Map()
  const entriesOf = (folder) => {
    if (!changed.has(folder)) changed.set(folder, new Map(folder.durable))
    return changed.get(folder)
  }
  for (const change of names) applyName(entriesOf, change)
  const found = new Map()
  const walk = (folder, path) => {
    for (const [name, node] of changed.get(folder) ?? folder.durable) {
      const below = path === '' ? name : `${path}/${name}`
      found.set(below, node)
      if (!(node instanceof StoredFile)) walk(node, below)
    }
  }
  walk(storage.root, '')
  return found
}

/**
 * Has one disk for as long as `use` runs.
 *
 * @param {import('./storage.mjs').Storage} storage
 * @param {Landing} landing
 * @param {(nodes: ReturnType<typeof namesAfter>) => T} use Finds in each file's image what is on the disk.
 * @returns {T}
 * @template T
 */
export const withDisk = (storage, { names, data }, use) => {
  const nodes = namesAfter(storage, names)
  const files = [...new Set(nodes.values())].filter((node) => node instanceof StoredFile && node.pending.length > 0)
  const next = (at) => {
    const file = files[at]
    return file
      ? file.image.try(
          () => data(file),
          () => next(at + 1),
        )
      : use(nodes)
  }
  return next(0)
}

/** Equal for disks with the same names and bytes, among the paths that matter. */
export const fingerprintOf = (nodes, matters = () => true) =>
  [...nodes]
    .filter(([path]) => matters(path))
    .map(([path, node]) => `${path}=${node instanceof StoredFile ? node.image.fingerprint : '/'}`)
    .sort()
    .join('\n')

/** Writes a disk below an empty folder. */
export const writeDisk = (nodes, folder) => {
  for (const [path, node] of nodes) {
    const target = join(folder, path)
    if (node instanceof StoredFile) writeFile(target, node.image.bytes)
    else mkdirSync(target, { mode: 0o700 })
  }
}

const writeFile = (path, bytes) => {
  const file = openSync(path, 'w', 0o600)
  try {
    if (bytes.length > 0) writeSync(file, bytes, 0, bytes.length, 0)
  } finally {
    closeSync(file)
  }
}

/** Everything landed: what processes saw. */
export const everything = (storage) => ({
  names: storage.pendingNames,
  data: (file) => {
    for (const operation of file.pending) apply(file.image, operation)
  },
})
