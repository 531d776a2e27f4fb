import { DURABILITY_LEVELS } from '@holdfast/schema'
import { describe, expect, it, onTestFinished } from 'vitest'
import { changeDurability } from '../../src/sqlite/change-durability.js'
import type { Connection } from '../../src/sqlite/connection.js'
import { openDatabase, type OpenDatabaseOptions } from '../../src/sqlite/database.js'
import { chooseDriver } from '../../src/sqlite/driver/choose.js'
import { TESTED_DRIVERS } from '../driver/drivers.js'
import { tempPath } from './temp-folder.js'

describe.each(TESTED_DRIVERS)('the durability level of a file through %s', (driver) => {
  const open = (options: Partial<OpenDatabaseOptions> & { path: string }): Connection => {
    const connection = openDatabase({ role: 'writer', driver, lockWaitMs: 300, ...options })
    onTestFinished(() => connection.close())
    return connection
  }

  /** A file that records `level`, closed for good (nothing was prepared on its connection). */
  const made = (level: string): string => {
    const path = tempPath()
    const native = chooseDriver(driver).open(path)
    native.exec(`
      PRAGMA journal_mode = WAL;
      CREATE TABLE store_properties (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
      INSERT INTO store_properties VALUES ('durability', '${level}')`)
    native.close()
    return path
  }

  it('is power for a new file when nobody asks', () => {
    expect(open({ path: tempPath(), create: true }).durability).toBe('power')
  })

  it.each(DURABILITY_LEVELS)('%s is what everybody gets who asks for nothing or for the same', (level) => {
    const path = made(level)

    expect(open({ path }).durability).toBe(level)
    expect(open({ path, durability: level }).durability).toBe(level)
    expect(open({ path, role: 'reader' }).durability).toBe(level)
  })

  it.each([
    ['power', 'process'],
    ['process', 'power'],
    ['power', 'none'],
    ['none', 'power'],
  ] as const)('%s is not changed by asking for %s', (found, asked) => {
    const path = made(found)

    for (const role of ['writer', 'reader', 'checkpointer'] as const)
      expect(() => open({ path, role, durability: asked })).toThrow(
        expect.objectContaining({ code: 'store.durability_mismatch', details: { found, asked } }),
      )
  })

  it('is never none on a file that was not made so', () => {
    const path = tempPath()
    open({ path, create: true }).exec('CREATE TABLE t (a)')

    expect(() => open({ path, durability: 'none' })).toThrow(
      expect.objectContaining({ code: 'store.durability_mismatch', details: { found: null, asked: 'none' } }),
    )
  })

  it('is an error when it is unknown, in the call and in the file', () => {
    expect(() => open({ path: tempPath(), create: true, durability: 'full' as never })).toThrow(
      expect.objectContaining({ code: 'input.invalid' }),
    )
    expect(() => open({ path: made('extreme') })).toThrow(expect.objectContaining({ code: 'store.corrupt' }))
  })

  describe('changed on purpose', () => {
    it('holds from the next open on', () => {
      const path = made('process')

      expect(changeDurability({ path, to: 'power', driver })).toEqual({ from: 'process' })

      const connection = open({ path })
      expect(connection.durability).toBe('power')
      expect(connection.pragma('synchronous')).toBe(2)
      expect(connection.pragma('journal_mode')).toBe('wal')
    })

    it('is refused while anybody else has the file open', () => {
      const path = made('process')
      const other = open({ path, role: 'reader' })
      other.prepare('SELECT * FROM store_properties').all()

      expect(() => changeDurability({ path, to: 'power', driver, lockWaitMs: 50 })).toThrow(
        expect.objectContaining({ code: 'store.busy' }),
      )

      expect(open({ path }).durability).toBe('process')
    })

    it.each([
      ['none', 'power'],
      ['power', 'none'],
    ])('is refused from %s to %s', (from, to) => {
      expect(() => changeDurability({ path: made(from), to: to as never, driver })).toThrow(
        expect.objectContaining({ code: 'store.durability_mismatch' }),
      )
    })
  })
})
