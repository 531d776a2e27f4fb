import { constants } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { everything, withDisk } from '../power-loss/disk.mjs'
import { FileImage } from '../power-loss/file-image.mjs'
import { LANDINGS, landingOf } from '../power-loss/landing.mjs'
import { Storage } from '../power-loss/storage.mjs'

const ROOT = 1
const FILE = 2
const OTHER = 3

/** A recording by hand: what begins and ends, in order. */
const recording = () => {
  const events = []
  const begin = (operation) => {
    const whole = {
      offset: 0,
      size: 0,
      flags: 0,
      path: '',
      to: '',
      data: Buffer.alloc(0),
      end: Number.POSITIVE_INFINITY,
      ...operation,
    }
    whole.begin = events.length
    events.push({ at: events.length, kind: 'begin', operation: whole })
    return whole
  }
  const end = (operation) => {
    operation.end = events.length
    events.push({ at: events.length, kind: 'end', operation })
  }
  const done = (operation) => end(begin(operation))
  const made = (path, ino) => done({ kind: 'open', path, ino, flags: constants.O_CREAT })
  const write = (ino, text, offset = 0) => done({ kind: 'write', ino, offset, data: Buffer.from(text) })
  const sync = (ino) => done({ kind: 'sync', ino })
  return { events, begin, end, done, made, write, sync }
}

const storageAfter = (events, folders = 'strict', before = [{ path: '', ino: ROOT }]) => {
  const storage = new Storage(before, folders)
  for (const event of events) storage.see(event)
  return storage
}

/** What a crash leaves, as text by path. */
const left = (storage, landing) =>
  withDisk(storage, landing, (nodes) =>
    Object.fromEntries([...nodes].map(([path, node]) => [path, node.image?.bytes.toString('latin1') ?? '/'])),
  )

const NOTHING = { names: [], data: () => {} }

describe('a disk after a crash', () => {
  it('has what was synced, and may lack or have what was not', () => {
    const { events, made, write, sync } = recording()
    made('a', FILE)
    write(FILE, 'old')
    sync(FILE)
    sync(ROOT)
    write(FILE, 'new')
    const storage = storageAfter(events)

    expect(left(storage, NOTHING)).toEqual({ a: 'old' })
    expect(left(storage, everything(storage))).toEqual({ a: 'new' })
  })

  it('may lack a write that had not ended when the sync began', () => {
    const { events, begin, end, made, write, sync } = recording()
    made('a', FILE)
    write(FILE, 'old')
    sync(FILE)
    sync(ROOT)
    const late = begin({ kind: 'write', ino: FILE, data: Buffer.from('new') })
    const syncing = begin({ kind: 'sync', ino: FILE })
    end(late)
    end(syncing)

    expect(left(storageAfter(events), NOTHING)).toEqual({ a: 'old' })
  })

  it('has a name for sure once its folder was synced; a journal commits it with any sync', () => {
    const { events, made, write, sync } = recording()
    made('a', FILE)
    write(FILE, 'text')
    sync(FILE)

    expect(left(storageAfter(events, 'strict'), NOTHING)).toEqual({})
    expect(left(storageAfter(events, 'journalled'), NOTHING)).toEqual({ a: 'text' })
    sync(ROOT)
    expect(left(storageAfter(events, 'strict'), NOTHING)).toEqual({ a: 'text' })
  })

  it('may still have a file that was removed, and the one in whose place another was renamed', () => {
    const { events, done, made, write, sync } = recording()
    made('a', FILE)
    write(FILE, 'one')
    sync(FILE)
    made('b', OTHER)
    write(OTHER, 'two')
    sync(OTHER)
    sync(ROOT)
    done({ kind: 'rename', path: 'b', to: 'a' })
    const storage = storageAfter(events)

    expect(left(storage, NOTHING)).toEqual({ a: 'one', b: 'two' })
    expect(left(storage, everything(storage))).toEqual({ a: 'two' })
    done({ kind: 'unlink', path: 'a' })
    sync(ROOT)
    expect(left(storageAfter(events), NOTHING)).toEqual({})
  })

  it('has nothing in a folder whose own name was lost', () => {
    const { events, done, made, write, sync } = recording()
    done({ kind: 'make_folder', path: 'data', ino: OTHER })
    made('data/a', FILE)
    write(FILE, 'text')
    sync(FILE)
    sync(OTHER)

    expect(left(storageAfter(events), NOTHING)).toEqual({})
    sync(ROOT)
    expect(left(storageAfter(events), NOTHING)).toEqual({ data: '/', 'data/a': 'text' })
  })

  it('takes a number that is given again for another file', () => {
    const { events, done, made, write, sync } = recording()
    made('a', FILE)
    write(FILE, 'first')
    sync(FILE)
    sync(ROOT)
    done({ kind: 'unlink', path: 'a' })
    made('a', FILE)
    write(FILE, '2')
    const storage = storageAfter(events)

    expect(left(storage, NOTHING)).toEqual({ a: 'first' })
    expect(left(storage, everything(storage))).toEqual({ a: '2' })
  })

  it('keeps every byte that no pending write covers, however the write was torn', () => {
    const { events, made, write, sync } = recording()
    made('a', FILE)
    write(FILE, 'o'.repeat(4_096))
    sync(FILE)
    sync(ROOT)
    write(FILE, 'n'.repeat(2_000), 300)
    const storage = storageAfter(events)

    const seen = new Set()
    for (const kind of LANDINGS) {
      for (let seed = 0; seed < 20; seed += 1) {
        const { a } = left(storage, landingOf(storage, { kind, seed }))
        expect([a.length, a.slice(0, 300), a.slice(2_300)]).toEqual([4_096, 'o'.repeat(300), 'o'.repeat(1_796)])
        seen.add(a)
      }
    }
    expect(seen.size).toBeGreaterThan(20)
  })

  it('is the same whenever the same choices are made', () => {
    const { events, made, write } = recording()
    made('a', FILE)
    for (let n = 0; n < 20; n += 1) write(FILE, String(n).repeat(700), n * 900)
    const storage = storageAfter(events)

    const twice = () => left(storage, landingOf(storage, { kind: 'each file its own way', seed: 7 }))
    expect(twice()).toEqual(twice())
  })
})

describe('the image of a file', () => {
  it('has one fingerprint for the same bytes, whatever way they came', () => {
    const [once, bit] = [new FileImage(), new FileImage()]
    once.write(0, Buffer.alloc(10_000, 'x'))
    for (let at = 0; at < 10_000; at += 100) bit.write(at, Buffer.alloc(100, 'x'))

    expect(bit.fingerprint).toBe(once.fingerprint)
    bit.write(9_999, Buffer.from('y'))
    expect(bit.fingerprint).not.toBe(once.fingerprint)
  })

  it('tells swapped pages, and zeros from nothing, apart', () => {
    const [one, two, none] = [new FileImage(), new FileImage(), new FileImage()]
    one.write(0, Buffer.concat([Buffer.alloc(4_096, 'a'), Buffer.alloc(4_096, 'b')]))
    two.write(0, Buffer.concat([Buffer.alloc(4_096, 'b'), Buffer.alloc(4_096, 'a')]))
    const zeros = new FileImage()
    zeros.grow(4_096)

    expect(new Set([one, two, none, zeros].map(({ fingerprint }) => fingerprint)).size).toBe(4)
  })

  it('is as it was after a trial', () => {
    const image = new FileImage()
    image.write(0, Buffer.alloc(9_000, 'x'))
    const { fingerprint } = image

    const during = image.try(
      () => {
        image.truncate(100)
        image.write(20_000, Buffer.from('far'))
      },
      () => image.size,
    )

    expect([during, image.size, image.fingerprint]).toEqual([20_003, 9_000, fingerprint])
    expect(image.bytes.equals(Buffer.alloc(9_000, 'x'))).toBe(true)
  })
})
