import { rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { spawnSync } from 'node:child_process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDatabase } from '../../src/sqlite/database.js'
import { enterCopy, isOpenHere, keyOf } from '../../src/sqlite/one-copy.js'
import { TESTED_DRIVERS } from '../driver/drivers.js'
import { tempPath } from './temp-folder.js'

const makeFile = (): string => {
  const path = tempPath()
  writeFileSync(path, '')
  return path
}

describe('one file in one process', () => {
  const enter = (path: string, copy: string, expectedCopy?: string): (() => void) => {
    const leave = enterCopy(keyOf(path), path, { copy, expectedCopy })
    onTestFinished(leave)
    return leave
  }

  it('may be opened many times through one copy', () => {
    const path = makeFile()

    enter(path, '/a/index.node')
    enter(path, '/a/index.node')

    expect(isOpenHere(keyOf(path))).toBe(true)
  })

  it('is refused to a second copy, by either name', () => {
    const path = makeFile()
    enter(path, '/a/index.node')

    expect(() => enter(path, '/b/index.node')).toThrow(
      expect.objectContaining({
        code: 'driver.duplicate',
        details: { path, copy: '/b/index.node', other: '/a/index.node' },
      }),
    )
  })

  it('is free for another copy when the last connection of the first is closed', () => {
    const path = makeFile()
    const leaves = [enter(path, '/a/index.node'), enter(path, '/a/index.node')]

    leaves[0]?.()
    leaves[0]?.() // A second call says nothing about the other connection.
    expect(() => enter(path, '/b/index.node')).toThrow(expect.objectContaining({ code: 'driver.duplicate' }))

    leaves[1]?.()
    expect(isOpenHere(keyOf(path))).toBe(false)
    enter(path, '/b/index.node')
  })

  it('is refused to a thread that would use another copy than the thread that started it', () => {
    const path = makeFile()

    expect(() => enter(path, '/b/index.node', '/a/index.node')).toThrow(
      expect.objectContaining({ code: 'driver.duplicate' }),
    )
    enter(path, '/a/index.node', '/a/index.node')
  })

  it('shares its register with every other copy of this package', () => {
    const path = makeFile()
    enter(path, '/a/index.node')

    const register = (globalThis as Record<symbol, unknown>)[Symbol.for('holdfast.open-files')]

    expect((register as Map<string, { copy: string }>).get(keyOf(path))?.copy).toBe('/a/index.node')
  })

  it('is known by its inode, so a link or a file in its place is told apart', () => {
    const path = makeFile()
    const before = keyOf(path)
    const other = makeFile()
    rmSync(path)

    expect(keyOf(other)).not.toBe(before)
  })

  it('is not entered by an open that failed', () => {
    const path = tempPath()
    writeFileSync(path, 'x'.repeat(5_000))

    expect(() => openDatabase({ path, role: 'writer' })).toThrow(
      expect.objectContaining({ code: 'store.not_a_database' }),
    )

    expect(isOpenHere(keyOf(path))).toBe(false)
  })

  const mixtures = TESTED_DRIVERS.flatMap((first) =>
    TESTED_DRIVERS.filter((second) => second !== first).map((second) => [first, second] as const),
  )
  if (mixtures.length > 0)
    it.each(mixtures)('that is open through %s is refused to %s', (first, second) => {
      const path = tempPath()
      const connection = openDatabase({ path, role: 'writer', create: true, driver: first })
      onTestFinished(() => connection.close())

      expect(() => openDatabase({ path, role: 'writer', driver: second })).toThrow(
        expect.objectContaining({ code: 'driver.duplicate' }),
      )
    })
})

describe('the locks of a process', () => {
  const probe = fileURLToPath(new URL('./lock-probe.mjs', import.meta.url))
  /** What another process is told when it asks for the write lock. */
  const askElsewhere = (path: string): string =>
    spawnSync(process.execPath, [probe, path], { encoding: 'utf8' }).stdout.trim()

  it('stand while it opens the same file again: its bytes are not looked at a second time', () => {
    const path = tempPath()
    const writer = openDatabase({ path, role: 'writer', create: true })
    onTestFinished(() => writer.close())
    writer.exec('CREATE TABLE t (a)')
    writer.exec('BEGIN IMMEDIATE')
    expect(askElsewhere(path)).toBe('store.busy')

    for (const role of ['reader', 'checkpointer', 'reader'] as const) openDatabase({ path, role }).close()

    expect(askElsewhere(path)).toBe('store.busy')
    writer.exec('COMMIT')
    expect(askElsewhere(path)).toBe('free')
  })

  it('are seen through /proc where another thread has the file open', () => {
    const path = tempPath()
    const connection = openDatabase({ path, role: 'writer', create: true })
    onTestFinished(() => connection.close())
    const key = keyOf(path)
    const register = (globalThis as Record<symbol, unknown>)[Symbol.for('holdfast.open-files')] as Map<string, unknown>
    const own = register.get(key)

    register.delete(key) // As if this thread had not opened it.
    onTestFinished(() => void register.set(key, own))

    expect(isOpenHere(key)).toBe(process.platform === 'linux')
  })
})
