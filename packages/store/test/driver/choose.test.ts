import { afterEach, describe, expect, it, vi } from 'vitest'
import { chooseDriver } from '../../src/sqlite/driver/choose.js'
import { HAS_NODE_SQLITE } from './drivers.js'

describe('choosing a driver', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('takes libsql when nobody says otherwise', () => {
    vi.stubEnv('HOLDFAST_SQLITE_DRIVER', undefined)

    expect(chooseDriver().name).toBe('libsql')
  })

  it('takes the one that the environment names, unless an option does', () => {
    vi.stubEnv('HOLDFAST_SQLITE_DRIVER', 'sqlite4')

    expect(() => chooseDriver()).toThrow(expect.objectContaining({ code: 'input.invalid' }))
    expect(chooseDriver('libsql').name).toBe('libsql')
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
})
