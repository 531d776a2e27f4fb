import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bellFileOf, bellPathOf } from '../../src/sqlite/bell/bell-file.js'
import { Ringer } from '../../src/sqlite/bell/ringer.js'
import type { StoreWarning } from '../../src/store.js'
import { tempPath } from '../database/temp-folder.js'

const ringerOf = (path: string) => {
  const warnings: StoreWarning[] = []
  const ringer = new Ringer(path, (warning) => void warnings.push(warning))
  onTestFinished(() => ringer.close())
  return { ringer, warnings }
}

/** Resolves at the next ring of the file that has the name now. */
const nextRing = (path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const bell = bellFileOf(path)
    bell.identify()
    const watch = bell.watch(resolve, reject)
    onTestFinished(() => watch.close())
  })

describe('a ring', () => {
  it('is heard by whoever watches', async () => {
    const path = tempPath()
    const { ringer } = ringerOf(path)
    const rung = nextRing(path)

    ringer.ring()

    await rung
  })

  it('is heard again and again, though it writes the same byte to the same place', async () => {
    const path = tempPath()
    const { ringer } = ringerOf(path)

    for (let i = 0; i < 3; i++) {
      const rung = nextRing(path)
      ringer.ring()
      await rung
    }

    expect(statSync(bellPathOf(path)).size).toBe(1)
  })

  it.each([
    ['deleted', (bell: string) => unlinkSync(bell)],
    ['moved away', (bell: string) => renameSync(bell, `${bell}.old`)],
  ])('goes to the bell that has the name now, after the last one was %s', async (_, remove) => {
    const path = tempPath()
    const { ringer, warnings } = ringerOf(path)
    ringer.ring()

    remove(bellPathOf(path))
    const rung = nextRing(path)
    ringer.ring()

    await rung
    expect(warnings).toEqual([])
  })

  it('never fails: what keeps it from ringing is reported once, and it rings again when that is gone', async () => {
    const path = tempPath()
    mkdirSync(bellPathOf(path))
    const { ringer, warnings } = ringerOf(path)

    ringer.ring()
    ringer.ring()

    expect(warnings).toMatchObject([{ code: 'bell.silent', details: { path: bellPathOf(path) } }])
    rmdirSync(bellPathOf(path))
    const rung = nextRing(path)
    ringer.ring()
    await rung
  })

  it('follows no link to another file', () => {
    const path = tempPath()
    const other = `${path}-other`
    writeFileSync(other, 'precious')
    symlinkSync(other, bellPathOf(path))
    const { ringer, warnings } = ringerOf(path)

    ringer.ring()

    expect(readFileSync(other, 'utf8')).toBe('precious')
    expect(warnings).toMatchObject([{ code: 'bell.silent' }])
  })

  it('makes no file for a database in memory', () => {
    const { ringer, warnings } = ringerOf(':memory:')

    ringer.ring()

    expect(existsSync(bellPathOf(':memory:'))).toBe(false)
    expect(warnings).toEqual([])
  })
})

describe('a bell', () => {
  it.each([
    ['a folder', (bell: string) => mkdirSync(bell)],
    ['a link', (bell: string) => symlinkSync(`${bell}-other`, bell)],
    ['a link to a file', (bell: string) => symlinkSync(import.meta.filename, bell)],
  ])('is not watched where %s has its name, which would never ring', (_, put) => {
    const path = tempPath()
    put(bellPathOf(path))

    expect(() => bellFileOf(path).identify()).toThrow()
  })

  it('may be rung by whoever may write to the database', () => {
    const path = tempPath()
    writeFileSync(path, '', { mode: 0o600 })

    bellFileOf(path).identify()

    expect(statSync(bellPathOf(path)).mode & 0o777).toBe(0o600)
  })
})
