import { randomFrom } from '../support/random.mjs'
import { apply } from './storage.mjs'

const SECTOR_BYTES = 512

/**
 * What may become of a file's pending operations at a crash. Each gets the image, what is pending in order, and a random
 * source.
 */
const DATA = {
  nothing: () => {},
  all: (image, pending) => {
    for (const operation of pending) apply(image, operation)
  },
  /** The sizes reached the disk, and no data: zeros. */
  lengths: (image, pending) => {
    for (const operation of pending) image.grow(endOf(operation))
  },
  last: (image, pending) => apply(image, pending.at(-1)),
  'all but the first': (image, pending) => DATA.all(image, pending.slice(1)),
  'the first ones': (image, pending, random) => DATA.all(image, pending.slice(0, random.int(pending.length + 1))),
  some: (image, pending, random) => DATA.all(image, someOf(pending, random)),
  'some, in another order': (image, pending, random) => DATA.all(image, random.shuffle(someOf(pending, random))),
  /** All but the last whole, and the last in pieces: what a disk was doing when the power went. */
  'the first ones, torn': (image, pending, random) => {
    const whole = pending.slice(0, random.int(pending.length))
    DATA.all(image, whole)
    tear(image, pending[whole.length], random)
  },
  'some, torn': (image, pending, random) => {
    for (const operation of someOf(pending, random)) {
      if (random.int(2) === 0) apply(image, operation)
      else tear(image, operation, random)
    }
  },
}

/** Kinds that treat all files alike, and all names or none of them. */
const PLAIN = ['nothing', 'all', 'lengths', 'last', 'all but the first']
const RANDOM = Object.keys(DATA).filter((kind) => !PLAIN.includes(kind))

/** How a landing is chosen: all of it follows from the seed. */
export const LANDINGS = [...PLAIN, 'names only', 'data only', ...RANDOM, 'each file its own way']

/**
 * @param {import('./storage.mjs').Storage} storage
 * @param {{ kind: string, seed: number }} choice
 * @returns {import('./disk.mjs').Landing}
 */
export const landingOf = ({ pendingNames, folders }, { kind, seed }) => {
  const random = randomFrom(seed)
  if (kind === 'names only') return { names: pendingNames, data: () => {} }
  if (kind === 'data only') return { names: [], data: landing('all', random) }
  if (kind === 'nothing') return { names: [], data: () => {} }
  const names = PLAIN.includes(kind) ? pendingNames : someNames(pendingNames, folders, random)
  return { names, data: landing(kind, random) }
}

const landing = (kind, random) => (file) => {
  const own = kind === 'each file its own way' ? random.pick([...PLAIN, ...RANDOM]) : kind
  if (file.pending.length > 0) DATA[own](file.image, file.pending, random)
}

/** A journal keeps the order of names; without one, each may have landed or not. */
const someNames = (names, folders, random) =>
  folders === 'journalled' ? names.slice(0, random.int(names.length + 1)) : someOf(names, random)

const someOf = (list, random) => {
  const share = random.float()
  return list.filter(() => random.float() < share)
}

const endOf = ({ kind, offset, size, data }) => {
  if (kind === 'write') return offset + data.length
  return kind === 'truncate' ? size : offset + size
}

/**
 * Lets each sector of a write be new, old, zeros or garbage. Bytes of the sector that were not written stay as they are:
 * SQLite builds on that as well (SQLITE_POWERSAFE_OVERWRITE), and so do disks of today.
 */
const tear = (image, operation, random) => {
  if (operation.kind !== 'write') return apply(image, operation)
  const { offset, data } = operation
  for (let from = 0; from < data.length; ) {
    const to = Math.min(data.length, from + SECTOR_BYTES - ((offset + from) % SECTOR_BYTES))
    const part = TORN[random.int(TORN.length)](data.subarray(from, to), random)
    if (part) image.write(offset + from, part)
    from = to
  }
}

/** New twice: half of a write mostly landed. */
const TORN = [
  (part) => part,
  (part) => part,
  () => undefined,
  (part) => Buffer.alloc(part.length),
  (part, random) => Buffer.alloc(part.length, random.bytes(64)),
]
