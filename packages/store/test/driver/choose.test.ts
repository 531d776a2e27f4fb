import { afterEach, describe, expect, it, vi } from 'vitest'
import { chooseDriver } from '../../src/sqlite/driver/choose.js'
import { HAS_BETTER_SQLITE3, HAS_NODE_SQLITE } from './drivers.js'

describe('choosing a driver', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('takes libsql when nobody says otherwise', () => {
    vi.stubEnv('HOLDFAST_SQLITE_DRIVER', undefined)

    expect(chooseDriver().name).toBe('libsql')
  })

  it('takes libsql when the variable is empty, which is how some tools unset it', () => {
    vi.stubEnv('HOLDFAST_SQLITE_DRIVER', '')

    expect(chooseDriver().name).toBe('libsql')
  })

  it('takes the one that the environment names, unless an option does', () => {
    vi.stubEnv('HOLDFAST_SQLITE_DRIVER', 'sqlite4')

    expect(() => chooseDriver()).toThrow(expect.objectContaining({ code: 'driver.unknown' }))
    expect(chooseDriver('libsql').name).toBe('libsql')
  })

  it('lists the choices when there is none of that name', () => {
    vi.stubEnv('HOLDFAST_SQLITE_DRIVER', 'sqlite4')
    const refusal = (asked: string, where: string) =>
      expect.objectContaining({
        code: 'driver.unknown',
        message: `${where} must be one of libsql, node:sqlite, better-sqlite3, not "${asked}"`,
        details: { driver: asked, choices: 'libsql, node:sqlite, better-sqlite3' },
      })

    expect(() => chooseDriver()).toThrow(refusal('sqlite4', 'HOLDFAST_SQLITE_DRIVER'))
    // JavaScript may hand over what the type forbids, the names of an object's own members among it.
    expect(() => chooseDriver('toString' as never)).toThrow(refusal('toString', 'the driver'))
  })

  it('knows a copy by its native library', () => {
    expect(chooseDriver('libsql').copy).toMatch(/@libsql.*\.node$/)
  })

  // The one gap between the drivers: what Node 20 answers stands beside what Node 24 does.
  if (HAS_NODE_SQLITE)
    it('finds node:sqlite in Node 24 and newer', () => {
      expect(chooseDriver('node:sqlite')).toMatchObject({ name: 'node:sqlite', copy: 'node:sqlite' })
    })
  else
    it('says that node:sqlite needs Node 24', () => {
      expect(() => chooseDriver('node:sqlite')).toThrow(
        expect.objectContaining({ code: 'driver.missing', message: expect.stringContaining('Node 24') }),
      )
    })

  if (HAS_BETTER_SQLITE3) {
    it('knows better-sqlite3 by its native library, once it was seen to load', () => {
      expect(chooseDriver('better-sqlite3')).toMatchObject({
        name: 'better-sqlite3',
        copy: expect.stringMatching(/\/better-sqlite3\/.*\.node$/),
      })
    })

    it('refuses a path that better-sqlite3 would cut, and so open another file', () => {
      const { open } = chooseDriver('better-sqlite3')

      for (const path of [' /tmp/a.db', '/tmp/a.db '])
        expect(() => open(path)).toThrow(expect.objectContaining({ code: 'input.invalid' }))
    })
  } else if (HAS_NODE_SQLITE)
    it('refuses better-sqlite3 on Node 24, where a garbage collection would end the process', () => {
      expect(() => chooseDriver('better-sqlite3')).toThrow(
        expect.objectContaining({ code: 'driver.missing', message: expect.stringContaining('use node:sqlite') }),
      )
    })
  else
    it('says what to install for better-sqlite3', () => {
      expect(() => chooseDriver('better-sqlite3')).toThrow(
        expect.objectContaining({
          code: 'driver.missing',
          message: expect.stringContaining('npm install better-sqlite3@12'),
        }),
      )
    })
})
