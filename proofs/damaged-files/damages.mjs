import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

/**
 * One way to damage a store: a copy of `base` is changed by `apply(path)` before it is opened.
 *
 * `expect` says what has to come of it:
 * - `refused`: an error, and nothing is touched;
 * - `whole`: there is no damage that counts, and everything acknowledged is read;
 * - `noticed`: refused, or every reading is right, or an error or the doctor says what isn't;
 * - `older`: as `noticed`, or the store is what it was at an earlier commit: what a WAL that is gone can't be missed for;
 * - `another`: as `noticed`, or it is the store that the WAL beside it belongs to;
 * - `content`: as `noticed`, or what is read is another value: a page has no checksum.
 *
 * @typedef {{ kind: string, what: string, base: string, expect: string, unprivileged?: boolean, apply: (path: string) => void }} Damage
 */

/** Where the fields of the file's header begin: https://www.sqlite.org/fileformat2.html#the_database_header */
const HEADER_FIELDS = [16, 18, 19, 20, 21, 22, 23, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 68, 72, 92, 96, 100]
const HEADER_BYTES = 100
const WAL_HEADER_FIELDS = [0, 4, 8, 12, 16, 20, 24, 28, 32]
const WAL_HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
const SECTOR_BYTES = 512

const edit = (path, change) => writeFileSync(path, change(readFileSync(path)))
const flip = (path, at, bit) => edit(path, (bytes) => bytes.fill(bytes[at] ^ (1 << bit), at, at + 1))
const flipAll = (path, bits) => {
  for (const [at, bit] of bits) flip(path, at, bit)
}
const cut = (path, bytes) => truncateSync(path, bytes)
const wal = (path) => `${path}-wal`
const range = (count, of) => Array.from({ length: count }, (_, index) => of(index))

/**
 * Every damage that follows from the files alone.
 *
 * @returns {{ special: Damage[], systematic: Damage[] }} The special ones belong into every run, however short.
 */
export const damagesOf = (bases) => {
  const file = readFileSync(bases.closed.path)
  const log = readFileSync(wal(bases.killed.path))
  const pageBytes = file.readUInt16BE(16)
  return {
    special: [...undamaged(), ...otherThings(bases), ...otherWals(bases), ...permissions()],
    systematic: [
      ...headerCuts(),
      ...pageCuts(file.length, pageBytes),
      ...headerFlips(),
      ...walCuts(log.length, pageBytes),
      ...walHeaderFlips(),
    ],
  }
}

/** Against a check that finds fault with everything. */
const undamaged = () =>
  ['closed', 'killed', 'earlier', 'other'].map((base) => ({
    kind: 'undamaged',
    what: base,
    base,
    expect: 'whole',
    apply: () => {},
  }))

const otherThings = (bases) => {
  const instead = (what, apply) => ({
    kind: 'something else in its place',
    what,
    base: 'closed',
    expect: 'refused',
    apply: (path) => {
      rmSync(path)
      apply(path)
    },
  })
  const text = 'Dear diary, this is no database, however long it gets. '
  return [
    instead('zero bytes', (path) => writeFileSync(path, '')),
    instead('one byte', (path) => writeFileSync(path, 'S')),
    instead('text', (path) => writeFileSync(path, text.repeat(500))),
    instead('zeros', (path) => writeFileSync(path, Buffer.alloc(65_536))),
    instead('itself, compressed', (path) => writeFileSync(path, gzipSync(readFileSync(bases.closed.path)))),
    instead('its WAL', (path) => writeFileSync(path, readFileSync(wal(bases.killed.path)))),
    instead('the magic and nothing else', (path) => writeFileSync(path, 'SQLite format 3\0')),
    instead('the magic and zeros', (path) =>
      writeFileSync(path, Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(8_176)])),
    ),
    instead('the magic and text', (path) => writeFileSync(path, `SQLite format 3\0${text.repeat(500)}`)),
    instead('a folder', (path) => mkdirSync(path)),
    instead('a link to nothing', (path) => symlinkSync(`${path}-gone`, path)),
    instead('a link to itself', (path) => symlinkSync(path, path)),
    instead('a pipe', (path) => void execFileSync('mkfifo', [path])),
  ]
}

const otherWals = (bases) => {
  const beside = (what, base, expect, apply) => ({
    kind: 'another WAL',
    what,
    base,
    expect,
    apply: (path) => apply(wal(path)),
  })
  const copyOf = (from) => (path) => writeFileSync(path, readFileSync(wal(from.path)))
  return [
    beside('none: it was deleted', 'killed', 'older', (path) => rmSync(path)),
    beside('zero bytes', 'killed', 'older', (path) => cut(path, 0)),
    beside('an earlier one of its own', 'closed', 'older', copyOf(bases.earlier)),
    beside("another store's, where there was none", 'closed', 'another', copyOf(bases.other)),
    beside("another store's, in place of its own", 'killed', 'another', copyOf(bases.other)),
    beside('text', 'closed', 'whole', (path) => writeFileSync(path, 'Dear diary, '.repeat(5_000))),
    beside('text, in place of its own', 'killed', 'older', (path) => writeFileSync(path, 'Dear diary, '.repeat(5_000))),
    beside('a folder', 'closed', 'noticed', (path) => mkdirSync(path)),
    beside('a folder, in place of its own', 'killed', 'noticed', (path) => {
      rmSync(path)
      mkdirSync(path)
    }),
    {
      ...beside('its own, and garbage for its index', 'killed', 'whole', () => {}),
      apply: (path) => writeFileSync(`${path}-shm`, Buffer.alloc(32_768, 0xa5)),
    },
    {
      ...beside('its own, and a folder for its index', 'killed', 'noticed', () => {}),
      apply: (path) => mkdirSync(`${path}-shm`),
    },
  ]
}

/** Modes mean nothing to root, so these are opened by somebody else. */
const permissions = () => {
  const mode = (what, base, expect, apply) => ({ kind: 'no permission', what, base, expect, unprivileged: true, apply })
  const folderOf = (path) => path.slice(0, path.lastIndexOf('/'))
  return [
    mode('undamaged', 'closed', 'whole', () => {}),
    mode('the file may not be written', 'closed', 'refused', (path) => chmodSync(path, 0o444)),
    mode('the file may not be read', 'closed', 'refused', (path) => chmodSync(path, 0o000)),
    mode('the folder may not be written', 'closed', 'refused', (path) => chmodSync(folderOf(path), 0o555)),
    mode('the folder may not be entered', 'closed', 'refused', (path) => chmodSync(folderOf(path), 0o600)),
    mode('the WAL may not be read', 'killed', 'refused', (path) => chmodSync(wal(path), 0o000)),
    mode('the WAL may not be written', 'killed', 'noticed', (path) => chmodSync(wal(path), 0o444)),
  ]
}

const headerCuts = () =>
  [...HEADER_FIELDS, 108, SECTOR_BYTES - 1, SECTOR_BYTES].map((bytes) => ({
    kind: 'cut inside the first page',
    what: `to ${bytes} bytes`,
    base: 'closed',
    expect: 'refused',
    apply: (path) => cut(path, bytes),
  }))

const pageCuts = (fileBytes, pageBytes) =>
  range(fileBytes / pageBytes - 1, (index) => (index + 1) * pageBytes).flatMap((edge) =>
    [edge - 1, edge, edge + 1].map((bytes) => ({
      kind: 'cut at a page',
      what: `to ${bytes} bytes`,
      base: 'closed',
      expect: 'noticed',
      apply: (path) => cut(path, bytes),
    })),
  )

const headerFlips = () =>
  range(HEADER_BYTES * 8, (index) => ({
    kind: 'bit of the header',
    what: `bit ${index % 8} of byte ${index >> 3}`,
    base: 'closed',
    expect: 'noticed',
    apply: (path) => flip(path, index >> 3, index % 8),
  }))

const walCuts = (walBytes, pageBytes) => {
  const frameBytes = FRAME_HEADER_BYTES + pageBytes
  const frames = range((walBytes - WAL_HEADER_BYTES) / frameBytes, (index) => WAL_HEADER_BYTES + index * frameBytes)
  const edges = frames.flatMap((edge) => [edge - 1, edge, edge + FRAME_HEADER_BYTES, edge + SECTOR_BYTES])
  return [...WAL_HEADER_FIELDS, ...edges].map((bytes) => ({
    kind: 'cut WAL',
    what: `to ${bytes} bytes`,
    base: 'killed',
    expect: 'older',
    apply: (path) => cut(wal(path), bytes),
  }))
}

const walHeaderFlips = () =>
  range(WAL_HEADER_BYTES * 8, (index) => ({
    kind: "bit of the WAL's header",
    what: `bit ${index % 8} of byte ${index >> 3}`,
    base: 'killed',
    expect: 'older',
    apply: (path) => flip(wal(path), index >> 3, index % 8),
  }))

/** One damage at random, anywhere. */
export const randomDamage = (bases, random) => {
  const make = random.pick([bitsOfPages, sectorOfFile, pageForPage, bitsOfWal, sectorOfWal])
  return make(bases, random)
}

const bitsOfPages = (bases, random) => {
  const size = readFileSync(bases.closed.path).length
  const bits = range(random.between(1, 8), () => [random.between(HEADER_BYTES, size - 1), random.int(8)])
  return {
    kind: 'bits of pages',
    what: bits.map(([at, bit]) => `bit ${bit} of byte ${at}`).join(', '),
    base: 'closed',
    expect: 'content',
    apply: (path) => flipAll(path, bits),
  }
}

const overwritten = (target, { size, first }, random) => {
  const sector = random.between(first, size / SECTOR_BYTES - 1)
  const bytes = random.pick([Buffer.alloc(SECTOR_BYTES), Buffer.alloc(SECTOR_BYTES, 0xff), random.bytes(SECTOR_BYTES)])
  return {
    what: `sector ${sector} overwritten with ${bytes.subarray(0, 4).toString('hex')}…`,
    apply: (path) =>
      edit(target(path), (content) => {
        bytes.copy(content, sector * SECTOR_BYTES)
        return content
      }),
  }
}

const sectorOfFile = (bases, random) => {
  const size = readFileSync(bases.closed.path).length
  return {
    kind: 'overwritten sector',
    base: 'closed',
    expect: 'content',
    ...overwritten((path) => path, { size, first: 1 }, random),
  }
}

const sectorOfWal = (bases, random) => {
  const size = Math.floor(readFileSync(wal(bases.killed.path)).length / SECTOR_BYTES) * SECTOR_BYTES
  return {
    kind: 'overwritten sector of the WAL',
    base: 'killed',
    expect: 'older',
    ...overwritten(wal, { size, first: 0 }, random),
  }
}

const pageForPage = (bases, random) => {
  const file = readFileSync(bases.closed.path)
  const pageBytes = file.readUInt16BE(16)
  const pages = file.length / pageBytes
  const [from, to] = [random.between(1, pages - 1), random.between(1, pages - 1)]
  return {
    kind: 'page in place of another',
    what: `page ${from + 1} in place of ${to + 1}`,
    base: 'closed',
    expect: 'content',
    apply: (path) =>
      edit(path, (bytes) => {
        bytes.copy(bytes, to * pageBytes, from * pageBytes, (from + 1) * pageBytes)
        return bytes
      }),
  }
}

const bitsOfWal = (bases, random) => {
  const size = readFileSync(wal(bases.killed.path)).length
  const bits = range(random.between(1, 8), () => [random.between(WAL_HEADER_BYTES, size - 1), random.int(8)])
  return {
    kind: 'bits of the WAL',
    what: bits.map(([at, bit]) => `bit ${bit} of byte ${at}`).join(', '),
    base: 'killed',
    expect: 'older',
    apply: (path) => flipAll(wal(path), bits),
  }
}
