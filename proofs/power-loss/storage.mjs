import { constants } from 'node:fs'
import { posix } from 'node:path'
import { FileImage } from './file-image.mjs'

/**
 * How sure a name is.
 *
 * `strict`: a name that was made, changed or removed is safe once its folder was synced, and not before: what POSIX
 * promises. Until then any part of what happened to names may have landed.
 * `journalled`: the file system keeps a journal of names and commits it in order, with every sync of anything: ext4, XFS.
 */
export const FOLDERS = ['strict', 'journalled']

/** A file: what is surely on the disk, and what was written since and may be or not. */
export class StoredFile {
  image = new FileImage()
  /** @type {import('./log.mjs').Operation[]} In order. */
  pending = []

  /** What ended before a sync began is safe when the sync has ended. */
  sync(before) {
    const open = []
    for (const operation of this.pending) {
      if (operation.end < before) apply(this.image, operation)
      else open.push(operation)
    }
    this.pending = open
  }
}

/** A folder: the names that are surely on the disk, and those that processes see. */
export class StoredFolder {
  durable = new Map()
  live = new Map()
}

/**
 * A change of a name: `node` gets the name `to`, loses the name `from`, or both. `end` as in an operation.
 *
 * @typedef {object} NameChange
 * @property {number} end
 * @property {StoredFile | StoredFolder} node
 * @property {{ folder: StoredFolder, name: string } | undefined} from
 * @property {{ folder: StoredFolder, name: string } | undefined} to
 */

/** Lets a write, a truncation or an allocation land whole. */
export const apply = (image, { kind, offset, size, data }) => {
  if (kind === 'write') image.write(offset, data)
  else if (kind === 'truncate') image.truncate(size)
  else image.grow(offset + size)
}

/** Lets a change of a name land among `entriesOf` each folder. */
export const applyName = (entriesOf, { node, from, to }) => {
  if (from && entriesOf(from.folder).get(from.name) === node) entriesOf(from.folder).delete(from.name)
  if (to) entriesOf(to.folder).set(to.name, node)
}

/**
 * A file system as a crash sees it. It is told every event of a recording in order, and knows at each what is surely on
 * the disk and what may be.
 */
export class Storage {
  root
  /** @type {NameChange[]} In order. */
  pendingNames = []
  #nodes = new Map()

  /**
   * @param {import('./folder-content.mjs').Entry[]} before
   * @param {'strict' | 'journalled'} folders
   */
  constructor(before, folders) {
    this.folders = folders
    const [root, ...entries] = before
    this.root = this.#node(root.ino, StoredFolder)
    for (const { path, ino, bytes } of entries) this.#addDurable(path, ino, bytes)
  }

  /** @param {import('./log.mjs').Event} event */
  see({ kind, operation }) {
    if (kind === 'begin') this.#begin(operation)
    if (kind === 'end') this.#end(operation)
  }

  /** How much data of files under such paths may have landed or not. All names count as one: most are nobody's loss. */
  pendingCount(counts = () => true) {
    const countBelow = (folder, above) => {
      let count = 0
      for (const [name, node] of folder.live) {
        const path = above === '' ? name : `${above}/${name}`
        if (!(node instanceof StoredFile)) count += countBelow(node, path)
        else if (counts(path)) count += node.pending.length
      }
      return count
    }
    return countBelow(this.root, '') + Math.min(1, this.pendingNames.length)
  }

  #addDurable(path, ino, bytes) {
    const { folder, name } = this.#place(path)
    const node = this.#node(ino, bytes ? StoredFile : StoredFolder)
    if (bytes) node.image.write(0, bytes)
    folder.durable.set(name, node)
    folder.live.set(name, node)
  }

  /** Data may reach the disk as soon as the call has begun. */
  #begin(operation) {
    const { kind, ino } = operation
    if (kind === 'write' || kind === 'truncate' || kind === 'allocate') {
      this.#node(ino, StoredFile).pending.push(operation)
    }
  }

  #end(operation) {
    const { kind, ino, begin, end, path, to } = operation
    if (kind === 'sync') this.#sync(this.#nodes.get(ino), begin)
    else if (kind === 'open') this.#opened(operation)
    else if (kind === 'make_folder') this.#change({ end, node: this.#node(ino, StoredFolder), to: this.#place(path) })
    else if (kind === 'link') this.#change({ end, node: this.#at(path), to: this.#place(to) })
    else if (kind === 'unlink' || kind === 'remove_folder') this.#removed(operation)
    else if (kind === 'rename') this.#renamed(operation)
  }

  #opened({ path, ino, flags, begin, end }) {
    const place = this.#place(path)
    const known = place.folder.live.get(place.name)
    // The number of a file that is gone is given again: what has this name now is another file.
    if (known !== undefined && known === this.#nodes.get(ino)) {
      if (flags & constants.O_TRUNC) known.pending.push({ kind: 'truncate', size: 0, begin, end })
      return
    }
    this.#change({ end, node: this.#node(ino, StoredFile), to: place })
  }

  #removed({ path, end }) {
    const from = this.#place(path)
    const node = from.folder.live.get(from.name)
    if (!node) return
    this.#change({ end, node, from })
    this.#forget(node)
  }

  #renamed({ path, to, end }) {
    const from = this.#place(path)
    const target = this.#place(to)
    const node = from.folder.live.get(from.name)
    const replaced = target.folder.live.get(target.name)
    if (!node) throw new Error(`${path} was renamed, and nobody has seen it being made`)
    this.#change({ end, node, from, to: target })
    if (replaced && replaced !== node) this.#forget(replaced)
  }

  #change(change) {
    applyName((folder) => folder.live, change)
    this.pendingNames.push(change)
  }

  /** Its number may be given to another file now. A crash may still bring it back under the name that it had. */
  #forget(node) {
    for (const [ino, each] of this.#nodes) if (each === node) this.#nodes.delete(ino)
  }

  #sync(node, before) {
    if (node instanceof StoredFile) node.sync(before)
    const isSafe = (change) =>
      change.end < before &&
      (this.folders === 'journalled' || change.from?.folder === node || change.to?.folder === node)
    const open = []
    for (const change of this.pendingNames) {
      if (isSafe(change)) applyName((folder) => folder.durable, change)
      else open.push(change)
    }
    this.pendingNames = open
  }

  #node(ino, Kind) {
    const known = this.#nodes.get(ino)
    if (known instanceof Kind) return known
    const made = new Kind()
    this.#nodes.set(ino, made)
    return made
  }

  #place(path) {
    const above = posix.dirname(path)
    const folder = above === '.' ? this.root : this.#at(above)
    if (!(folder instanceof StoredFolder)) throw new Error(`${above} is no folder that was seen being made`)
    return { folder, name: posix.basename(path) }
  }

  #at(path) {
    let node = this.root
    for (const part of path.split('/')) node = node?.live.get(part)
    return node
  }
}
