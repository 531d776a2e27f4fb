import { REFUSAL_CODES } from '@holdfast/schema'
import { sql } from 'drizzle-orm'
import { truncateSync, statSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { errorCodes, LeaseLostError, refusalOf, errorOf, StoreError } from '../../src/errors.js'
import type { Connection } from '../../src/sqlite/connection.js'
import { openDatabase } from '../../src/sqlite/database.js'
import { isBusy, isGroupFatal, toStoreError } from '../../src/sqlite/database-errors.js'
import { chooseDriver } from '../../src/sqlite/driver/choose.js'
import { TESTED_DRIVERS } from '../driver/drivers.js'
import { tempPath } from './temp-folder.js'

const caught = (action: () => unknown): unknown => {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe.each(TESTED_DRIVERS)('an error of %s', (driver) => {
  const open = (path = tempPath(), role: Connection['role'] = 'writer'): Connection => {
    const connection = openDatabase({ path, role, create: true, driver })
    onTestFinished(() => connection.close())
    return connection
  }

  const openTables = (): Connection => {
    const connection = open()
    connection.exec(`
      CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
      CREATE TABLE children (id TEXT PRIMARY KEY, parent_id INTEGER REFERENCES parents (id), age INTEGER CHECK (age > 0)) STRICT;
      CREATE TABLE refusing (code TEXT NOT NULL) STRICT;
      INSERT INTO parents (name) VALUES ('a');
      INSERT INTO children (id) VALUES ('c')`)
    return connection
  }

  it.each([
    ['unique', `INSERT INTO parents (name) VALUES ('a')`],
    ['not_null', 'INSERT INTO parents (name) VALUES (NULL)'],
    ['primary_key', `INSERT INTO children (id) VALUES ('c')`],
    ['primary_key', `INSERT INTO parents (id, name) VALUES (1, 'b')`],
    ['foreign_key', `INSERT INTO children (id, parent_id) VALUES ('d', 99)`],
    ['check', `INSERT INTO children (id, age) VALUES ('d', 0)`],
    ['type', `INSERT INTO children (id, age) VALUES ('d', 'old')`],
    ['type', `INSERT INTO parents (id, name) VALUES ('one', 'b')`],
  ])('says which rule was broken: %s by %s', (kind, statement) => {
    const connection = openTables()

    for (const run of [() => connection.exec(statement), () => connection.prepare(statement).run()]) {
      const error = caught(run)
      expect(toStoreError(error)).toMatchObject({ code: 'store.constraint', details: { kind } })
      expect(isGroupFatal(error)).toBe(false)
    }
  })

  it.each(REFUSAL_CODES)('is the typed error of a trigger that raised %s', (code) => {
    const connection = openTables()
    connection.exec(`CREATE TRIGGER refuses BEFORE INSERT ON refusing BEGIN SELECT RAISE(ABORT, '${code}'); END`)

    const error = caught(() => connection.prepare('INSERT INTO refusing (code) VALUES (?)').run('x'))

    expect(toStoreError(error)).toMatchObject({ code, cause: error })
    expect(isGroupFatal(error)).toBe(false)
  })

  it('is found inside what drizzle wraps around it', () => {
    const connection = openTables()
    connection.exec(`CREATE TRIGGER refuses BEFORE INSERT ON refusing BEGIN SELECT RAISE(ABORT, 'lease.lost'); END`)

    const wrapped = caught(() => connection.db.run(sql`INSERT INTO refusing (code) VALUES (${'x'})`))

    expect(toStoreError(wrapped)).toBeInstanceOf(LeaseLostError)
    expect(toStoreError(new Error('twice', { cause: wrapped }))).toBeInstanceOf(LeaseLostError)
  })

  it('of another text in a trigger is a constraint like any other', () => {
    const connection = openTables()
    connection.exec(`CREATE TRIGGER refuses BEFORE INSERT ON refusing BEGIN SELECT RAISE(ABORT, 'no such luck'); END`)

    const error = caught(() => connection.exec(`INSERT INTO refusing VALUES ('x')`))

    expect(toStoreError(error)).toMatchObject({ code: 'store.constraint', details: { kind: 'trigger' } })
  })

  it('says busy, which is worth another try', () => {
    const first = openTables()
    const second = open(first.path)
    first.exec('BEGIN IMMEDIATE')

    const error = caught(() => second.exec('BEGIN IMMEDIATE'))

    expect(isBusy(error)).toBe(true)
    expect(toStoreError(error)).toMatchObject({ code: 'store.busy', retryable: true })
  })

  it('says busy also for a snapshot that is too old to write on', () => {
    const first = openTables()
    const second = open(first.path)
    second.exec('BEGIN; SELECT * FROM parents')
    second.prepare('SELECT * FROM parents').all()
    first.exec(`INSERT INTO parents (name) VALUES ('b')`)

    expect(toStoreError(caught(() => second.exec(`INSERT INTO parents (name) VALUES ('c')`)))).toMatchObject({
      code: 'store.busy',
    })
  })

  it('says that the disk is full, and ends the group', () => {
    const connection = openTables()
    connection.exec(`PRAGMA max_page_count = ${Number(connection.pragma('page_count'))}`)

    const error = caught(() => connection.prepare('INSERT INTO parents (name) VALUES (?)').run('x'.repeat(100_000)))

    expect(toStoreError(error)).toMatchObject({ code: 'store.disk_full', retryable: true })
    expect(isGroupFatal(error)).toBe(true)
  })

  it('says that a reader only reads', () => {
    const reader = open(openTables().path, 'reader')

    expect(toStoreError(caught(() => reader.exec('DELETE FROM parents')))).toMatchObject({ code: 'store.read_only' })
  })

  it('says that pages are missing', () => {
    const path = tempPath()
    const native = chooseDriver(driver).open(path)
    native.exec(`CREATE TABLE t (a TEXT); INSERT INTO t VALUES (hex(randomblob(20000)))`)
    native.close()
    truncateSync(path, Math.floor(statSync(path).size / 2))

    const error = caught(() => open(path).prepare('SELECT * FROM t').all())

    expect(toStoreError(error)).toMatchObject({ code: 'store.corrupt', retryable: false })
    expect(isGroupFatal(error)).toBe(true)
  })

  it('of a statement that makes no sense is a defect', () => {
    expect(toStoreError(caught(() => open().exec('SELECT * FROM nowhere')))).toMatchObject({ code: 'store.invariant' })
  })
})

describe('an error by its raw code', () => {
  const raw = (rawCode: number): Error => Object.assign(new Error('from the driver'), { rawCode })

  it.each([
    [7, 'store.interrupted', true],
    [9, 'store.interrupted', true],
    [10, 'store.io', true],
    [1034, 'store.io', true], // SQLITE_IOERR_FSYNC
    [11, 'store.corrupt', true],
    [267, 'store.corrupt', true], // SQLITE_CORRUPT_VTAB
    [13, 'store.disk_full', true],
    [5, 'store.busy', false],
    [261, 'store.busy', false], // SQLITE_BUSY_RECOVERY
    [6, 'store.busy', false],
    [8, 'store.read_only', false],
    [1032, 'store.read_only', false], // SQLITE_READONLY_DBMOVED
    [14, 'store.read_only', false],
    [18, 'input.too_large', false],
    [20, 'store.constraint', false],
    [26, 'store.not_a_database', false],
  ])('%i is %s', (rawCode, code, endsGroup) => {
    const error = raw(rawCode)

    expect(toStoreError(error)).toMatchObject({ code, cause: error })
    expect(errorCodes()).toContain(code)
    expect(isGroupFatal(error)).toBe(endsGroup)
    // What crossed a thread has lost its cause, and still ends the group.
    expect(isGroupFatal(errorOf(refusalOf(toStoreError(error))))).toBe(endsGroup)
  })

  it('is left alone when it is one of ours already', () => {
    const ours = new LeaseLostError('lost')

    expect(toStoreError(ours)).toBe(ours)
    expect(toStoreError(new Error('around it', { cause: ours }))).toBe(ours)
  })

  it.each([[new TypeError('a bug')], ['text'], [undefined]])('is a defect when no database said it', (thrown) => {
    const error = toStoreError(thrown)

    expect(error).toBeInstanceOf(StoreError)
    expect(error.code).toBe('store.invariant')
    expect(isGroupFatal(thrown)).toBe(false)
  })
})
