import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import type { StoreWarning } from '../../src/store.js'
import { MEMORY } from '../../src/sqlite/location.js'
import { wantOf, wantPathOf } from '../../src/sqlite/lock/want-file.js'
import { toyPath } from '../support/open-toy-store.js'

let path = ''
beforeEach(() => {
  path = toyPath()
  writeFileSync(path, '')
  chmodSync(path, 0o600)
})

describe('the file that says that somebody waits', () => {
  it('says nothing before anybody did', () => {
    expect(wantOf(path).read()).toBeUndefined()
  })

  it('tells who came first, to the millisecond, and changes with every word', () => {
    const want = wantOf(path)
    want.announce(1_795_353_600_123)
    want.announce(1_795_353_600_123)
    const before = want.read()
    const next = before && before.stamp + 2
    while (next && Date.now() < next);
    want.announce(1_795_353_600_124)

    expect(before?.firstCameMs).toBe(1_795_353_600_123)
    expect(want.read()?.firstCameMs).toBe(1_795_353_600_124)
    expect(want.read()?.stamp).not.toBe(before?.stamp)
  })

  it('names nobody once whoever was first has left', () => {
    const want = wantOf(path)
    want.announce(1_795_353_600_123)
    want.announce(1_795_353_600_123)
    want.leave()

    expect(want.read()).toMatchObject({ firstCameMs: undefined })
  })

  it('is empty, and open to whom the database is', () => {
    wantOf(path).announce(1)

    expect(statSync(wantPathOf(path)).mode & 0o777).toBe(0o600)
    expect(readFileSync(wantPathOf(path), 'utf8')).toBe('')
  })

  it('comes back when somebody has deleted it', () => {
    const want = wantOf(path)
    want.announce(1)
    rmSync(wantPathOf(path))
    want.announce(2)

    expect(existsSync(wantPathOf(path))).toBe(true)
  })

  it('keeps the bytes of a file that had the name before', () => {
    writeFileSync(wantPathOf(path), 'of somebody else')
    wantOf(path).announce(1)
    wantOf(path).leave()

    expect(readFileSync(wantPathOf(path), 'utf8')).toBe('of somebody else')
  })

  it('is reported once and never thrown when it can not be made', () => {
    const warnings: StoreWarning[] = []
    const folder = `${path}.gone`
    mkdirSync(folder)
    const want = wantOf(`${folder}/toys.db`, (warning) => warnings.push(warning))
    rmSync(folder, { recursive: true })
    want.announce(1)
    want.leave()
    want.announce(2)

    expect(want.read()).toBeUndefined()
    expect(warnings).toMatchObject([{ code: 'lock.want_failed' }])
  })

  it('is reported once and never thrown when its place is no file that can be looked at', () => {
    const warnings: StoreWarning[] = []
    const want = wantOf(`${path}/toys.db`, (warning) => warnings.push(warning))

    expect(want.read()).toBeUndefined()
    want.announce(1)

    expect(warnings).toMatchObject([{ code: 'lock.want_failed' }])
  })

  it('does not exist for a database in memory', () => {
    const want = wantOf(MEMORY)
    want.announce(1)

    expect(want.read()).toBeUndefined()
    expect(existsSync(wantPathOf(MEMORY))).toBe(false)
  })
})
