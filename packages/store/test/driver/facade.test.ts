import { describe, expect, it, onTestFinished } from 'vitest'
import type { DriverConnection } from '../../src/sqlite/connection.js'
import { tempPath } from '../database/temp-folder.js'
import { openFacade, TESTED_DRIVERS } from './drivers.js'

const TABLE = 'CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT UNIQUE, score REAL, raw BLOB) STRICT'

describe.each(TESTED_DRIVERS)('a connection through %s', (driver) => {
  const open = (path?: string, options?: Parameters<typeof openFacade>[2]): DriverConnection => {
    const connection = openFacade(driver, path, options)
    onTestFinished(() => connection.close())
    return connection
  }

  const openNotes = (): DriverConnection => {
    const connection = open()
    connection.exec(TABLE)
    return connection
  }

  /** Two connections to one file in WAL, as two processes would have them. */
  const openTwo = (): readonly [DriverConnection, DriverConnection] => {
    const path = tempPath()
    const first = open(path)
    first.exec('PRAGMA journal_mode = WAL')
    first.exec(TABLE)
    return [first, open(path)]
  }

  describe('binding parameters', () => {
    it.each([
      ['text', 'grün 🌱', 'grün 🌱'],
      ['a whole number', 42, 42],
      ['a fraction', 0.5, 0.5],
      ['the largest safe integer', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
      ['a bigint', 42n, 42],
      ['true, as 1', true, 1],
      ['false, as 0', false, 0],
      ['null', null, null],
      ['bytes', new Uint8Array([1, 0, 255]), new Uint8Array([1, 0, 255])],
      ['a lone Buffer', Buffer.from([1, 0, 255]), new Uint8Array([1, 0, 255])],
      ['no bytes', new Uint8Array(), new Uint8Array()],
    ])('gives back %s', (_, given, expected) => {
      const row = open()
        .prepare('SELECT ? AS value')
        .get(given as never)

      expect(row).toEqual({ value: expected })
    })

    it.each([
      ['undefined', undefined],
      ['a Date', new Date(0)],
      ['NaN', Number.NaN],
      ['Infinity', Number.POSITIVE_INFINITY],
      ['a number past 2^53', 2 ** 53],
      ['a bigint past 64 bits', 2n ** 63n],
      ['an object', { name: 1 }],
      ['an array', [1]],
      ['an ArrayBuffer', new ArrayBuffer(2)],
      ['a symbol', Symbol('x')],
    ])('refuses %s', (_, given) => {
      const statement = open().prepare('SELECT ? AS value')

      expect(() => statement.all(given as never)).toThrow(expect.objectContaining({ code: 'input.invalid' }))
    })

    it.each([
      ['a NUL, at which it would be cut', 'a\0b'],
      ['a lone surrogate, which it would replace', 'a\ud800b'],
    ])('refuses text with %s', (_, text) => {
      const statement = open().prepare('SELECT ? AS value')

      expect(() => statement.all(text)).toThrow(expect.objectContaining({ code: 'input.invalid_text' }))
    })

    it('refuses too few and too many values', () => {
      const statement = open().prepare('SELECT ? AS a, ? AS b')

      expect(() => statement.all(1)).toThrow(expect.objectContaining({ code: 'input.invalid' }))
      expect(() => statement.all(1, 2, 3)).toThrow(expect.objectContaining({ code: 'input.invalid' }))
    })

    it('refuses named and numbered parameters, of which a missing one would be NULL', () => {
      const connection = open()

      for (const sql of ['SELECT :a', 'SELECT @a', 'SELECT $a', 'SELECT ?1'])
        expect(() => connection.prepare(sql)).toThrow(expect.objectContaining({ code: 'store.statement_refused' }))
    })
  })

  describe('reading rows', () => {
    it('gives plain objects without anything of the driver', () => {
      const statement = open().prepare('SELECT 1 AS a, NULL AS b')

      expect(statement.get()).toStrictEqual({ a: 1, b: null })
      expect(statement.all()).toStrictEqual([{ a: 1, b: null }])
    })

    it('gives arrays, in which two columns of one name keep apart', () => {
      const statement = open().prepare('SELECT 1 AS a, 2 AS a')

      expect(statement.raw().all()).toEqual([[1, 2]])
      expect(statement.raw().get()).toEqual([1, 2])
    })

    it('gives undefined when there is no row', () => {
      const statement = open().prepare('SELECT 1 WHERE 0')

      expect(statement.get()).toBeUndefined()
      expect(statement.raw().get()).toBeUndefined()
    })

    it('runs one statement for all rows, for one and for none, in any order', () => {
      const connection = openNotes()
      connection.exec(`INSERT INTO notes (body) VALUES ('a'), ('b')`)
      const from = connection.prepare('SELECT id FROM notes WHERE id >= ? ORDER BY id').raw()

      const rows = [from.all(9), from.get(1), from.all(1), from.get(9), from.get(2), from.all(2), from.get(1)]

      expect(rows).toEqual([[], [1], [[1], [2]], undefined, [2], [[2]], [1]])
    })

    it('forgets a failure with the call that met it', () => {
      const first = open().prepare(`SELECT json(?)`).raw()

      expect(() => first.get('{')).toThrow(/malformed/)
      expect(first.get('{}')).toEqual(['{}'])
    })

    it('refuses an integer that a number would round', () => {
      const statement = open().prepare('SELECT 9007199254740993 AS big')

      expect(() => statement.all()).toThrow(expect.objectContaining({ code: 'input.invalid' }))
      expect(() => statement.raw().all()).toThrow(expect.objectContaining({ code: 'input.invalid' }))
      expect(() => statement.raw().get()).toThrow(expect.objectContaining({ code: 'input.invalid' }))
      expect(open().prepare('SELECT CAST(9007199254740993 AS TEXT) AS big').get()).toEqual({ big: '9007199254740993' })
    })
  })

  describe('run()', () => {
    it('answers how many rows changed', () => {
      const connection = openNotes()

      expect(connection.prepare('INSERT INTO notes (body) VALUES (?)').run('a')).toEqual({
        changes: 1,
        lastInsertRowid: 1,
      })
    })

    it.each(['INSERT INTO notes (body) VALUES (1) RETURNING id', 'SELECT 1', 'PRAGMA foreign_keys'])(
      'refuses what returns rows, and does not run it: %s',
      (sql) => {
        const connection = openNotes()

        expect(() => connection.prepare(sql).run()).toThrow(
          expect.objectContaining({ code: 'store.statement_refused' }),
        )

        expect(connection.prepare('SELECT count(*) AS n FROM notes').get()).toEqual({ n: 0 })
        expect(connection.inTransaction).toBe(false)
      },
    )
  })

  describe('locks', () => {
    it('of a process that just makes the file do not keep a connection from being opened', () => {
      const path = tempPath()
      const maker = open(path)
      maker.exec(`${TABLE}; BEGIN EXCLUSIVE`)

      const connection = open(path)
      expect(() => connection.exec('SELECT * FROM notes')).toThrow(/locked/)
      maker.exec('COMMIT')

      expect(connection.prepare('SELECT count(*) AS n FROM notes').get()).toEqual({ n: 0 })
      expect(connection.sqliteVersion).toBe(maker.sqliteVersion)
    })

    it('are free again after RETURNING, read through all() or get()', () => {
      const [first, second] = openTwo()

      first.prepare('INSERT INTO notes (body) VALUES (?), (?) RETURNING id').get('a', 'b')
      first.prepare('INSERT INTO notes (body) VALUES (?) RETURNING id').all('c')
      second.exec('BEGIN IMMEDIATE')
      second.exec('COMMIT')

      expect(second.prepare('SELECT count(*) AS n FROM notes').get()).toEqual({ n: 3 })
    })

    it('refused once do not poison the next commit', () => {
      const [first, second] = openTwo()
      const insert = first.prepare('INSERT INTO notes (body) VALUES (?)')
      second.exec('BEGIN IMMEDIATE')
      expect(() => insert.run('while it is locked')).toThrow(/locked/)
      second.exec('COMMIT')

      first.exec('BEGIN IMMEDIATE')
      insert.run('after')
      first.exec('COMMIT')

      expect(second.prepare('SELECT body FROM notes').all()).toEqual([{ body: 'after' }])
    })

    it('refused to a reading statement do not poison the connection', () => {
      const [first, second] = openTwo()
      first.exec('BEGIN IMMEDIATE')
      expect(() => second.exec('BEGIN IMMEDIATE')).toThrow(/locked/)
      first.exec('COMMIT')

      second.exec('BEGIN IMMEDIATE')
      second.prepare('INSERT INTO notes (body) VALUES (?)').run('b')
      second.exec('COMMIT')

      expect(first.prepare('SELECT body FROM notes').all()).toEqual([{ body: 'b' }])
    })

    it('are free again after the first of several rows', () => {
      const [first, second] = openTwo()
      first.exec(`INSERT INTO notes (body) VALUES ('a'), ('b')`)

      expect(first.prepare('SELECT body FROM notes ORDER BY id').raw().get()).toEqual(['a'])
      second.exec(`UPDATE notes SET body = 'c' WHERE body = 'a'`)

      // One that still read the file as it was before could not write to it.
      first.prepare('INSERT INTO notes (body) VALUES (?)').run('d')
      expect(first.prepare('SELECT body FROM notes ORDER BY id').raw().get()).toEqual(['c'])
    })

    it('are freed when a statement outside of a transaction fails', () => {
      const [first, second] = openTwo()
      first.prepare('INSERT INTO notes (body) VALUES (?)').run('a')

      expect(() => first.prepare('INSERT INTO notes (body) VALUES (?)').run('a')).toThrow(/UNIQUE/)

      expect(first.inTransaction).toBe(false)
      second.exec('BEGIN IMMEDIATE')
      second.exec('COMMIT')
    })
  })

  describe('a transaction that SQLite ended by itself', () => {
    /** RAISE(ROLLBACK) does what a full disk did: the whole transaction is gone, and autocommit is on again. */
    const openEnded = (): DriverConnection => {
      const connection = openNotes()
      connection.exec(
        `CREATE TRIGGER ends BEFORE INSERT ON notes WHEN NEW.body = 'end' BEGIN SELECT RAISE(ROLLBACK, 'ended'); END`,
      )
      connection.exec('BEGIN IMMEDIATE')
      connection.prepare('INSERT INTO notes (body) VALUES (?)').run('before')
      expect(() => connection.prepare('INSERT INTO notes (body) VALUES (?)').run('end')).toThrow(/ended/)
      return connection
    }

    it('shows in inTransaction', () => {
      expect(openEnded().inTransaction).toBe(false)
    })

    it('lets nothing commit on its own', () => {
      const connection = openEnded()
      const refused = expect.objectContaining({ code: 'store.statement_refused' })

      expect(() => connection.prepare('INSERT INTO notes (body) VALUES (?)').run('after')).toThrow(refused)
      expect(() => connection.exec(`INSERT INTO notes (body) VALUES ('after')`)).toThrow(refused)
      expect(() => connection.exec('COMMIT')).toThrow(refused)

      expect(connection.prepare('SELECT count(*) AS n FROM notes').get()).toEqual({ n: 0 })
    })

    it('is what a full disk makes of one whose pages spilled, and then nothing commits on its own either', () => {
      const connection = open(tempPath())
      connection.exec(`PRAGMA journal_mode = WAL; PRAGMA cache_size = 5; ${TABLE}; PRAGMA max_page_count = 40`)
      const insert = connection.prepare('INSERT INTO notes (body) VALUES (?)')
      const bodyOf = (n: number): string => `${n} ${'x'.repeat(5_000)}`

      connection.exec('BEGIN IMMEDIATE')
      expect(() => {
        for (let n = 0; n < 100; n += 1) insert.run(bodyOf(n))
      }).toThrow(/full/)
      // Whether SQLite ended it or not, no later write may land by itself.
      if (connection.inTransaction) connection.exec('ROLLBACK')
      else expect(() => insert.run('small')).toThrow(expect.objectContaining({ code: 'store.statement_refused' }))
      connection.exec('ROLLBACK')

      expect(connection.prepare('SELECT count(*) AS n FROM notes').get()).toEqual({ n: 0 })
      insert.run('small')
      expect(connection.prepare('SELECT body FROM notes').all()).toEqual([{ body: 'small' }])
    })

    it.each(['ROLLBACK', 'BEGIN IMMEDIATE'])('is over after %s', (sql) => {
      const connection = openEnded()

      connection.exec(sql)
      connection.prepare('INSERT INTO notes (body) VALUES (?)').run('after')

      expect(connection.prepare('SELECT body FROM notes').all()).toEqual([{ body: 'after' }])
    })
  })

  describe('WAL checkpoints', () => {
    it.each([
      'PRAGMA wal_checkpoint',
      'pragma main.wal_checkpoint(TRUNCATE)',
      '/* tidy up */ PRAGMA /**/ wal_checkpoint(PASSIVE)',
      'SELECT 1; PRAGMA wal_checkpoint',
      'PRAGMA wal_autocheckpoint = 1000',
      'PRAGMA wal_autocheckpoint(1000)',
    ])('are refused: %s', (sql) => {
      const connection = open(tempPath())
      const refused = expect.objectContaining({ code: 'store.statement_refused' })

      expect(() => connection.exec(sql)).toThrow(refused)
      expect(() => connection.prepare(sql)).toThrow(refused)
    })

    it('run on the checkpointer’s connection while its process has the write lock', () => {
      let isLocked = true
      const checkpointer = open(tempPath(), { role: 'checkpointer', holdsWriteLock: () => isLocked })
      const checkpoint = checkpointer.prepare('PRAGMA wal_checkpoint(PASSIVE)')
      expect(checkpoint.all()).toHaveLength(1)

      isLocked = false

      const refused = expect.objectContaining({ code: 'store.statement_refused' })
      expect(() => checkpoint.all()).toThrow(refused)
      expect(() => checkpointer.exec('PRAGMA wal_checkpoint(PASSIVE)')).toThrow(refused)
    })

    it('are refused to a checkpointer that nobody has told about the lock', () => {
      const checkpointer = open(tempPath(), { role: 'checkpointer' })

      expect(() => checkpointer.prepare('PRAGMA wal_checkpoint(PASSIVE)').all()).toThrow(
        expect.objectContaining({ code: 'store.statement_refused' }),
      )
    })

    it.each([
      'PRAGMA wal_checkpoint',
      'PRAGMA wal_checkpoint(TRUNCATE)',
      'PRAGMA wal_checkpoint(RESTART)',
      "PRAGMA wal_checkpoint('FULL')",
      'PRAGMA wal_checkpoint(PASSIVE); PRAGMA wal_checkpoint(TRUNCATE)',
    ])('are refused under the lock too unless they are PASSIVE: %s', (sql) => {
      const checkpointer = open(tempPath(), { role: 'checkpointer', holdsWriteLock: () => true })

      expect(() => checkpointer.exec(sql)).toThrow(expect.objectContaining({ code: 'store.statement_refused' }))
    })

    it('may be spoken of in a literal', () => {
      expect(open().prepare(`SELECT 'pragma wal_checkpoint' AS text`).get()).toEqual({ text: 'pragma wal_checkpoint' })
    })
  })

  describe('prepared statements', () => {
    it('refuse a second statement, which would silently not run', () => {
      expect(() => open().prepare('SELECT 1; SELECT 2')).toThrow(
        expect.objectContaining({ code: 'store.statement_refused' }),
      )
    })

    it('go on working after they fell out of the cache', () => {
      const connection = open(':memory:', { statementCacheSize: 2 })
      const first = connection.prepare('SELECT 0 AS n')
      for (let n = 1; n < 20; n += 1) connection.prepare(`SELECT ${n} AS n`).get()

      expect(first.get()).toEqual({ n: 0 })
    })
  })

  describe('after close', () => {
    it('everything says so, and nothing ends the process', () => {
      const connection = openNotes()
      const insert = connection.prepare('INSERT INTO notes (body) VALUES (?)')
      connection.close()
      const closed = expect.objectContaining({ code: 'store.closed' })

      expect(() => insert.run('a')).toThrow(closed)
      expect(() => insert.all('a')).toThrow(closed)
      expect(() => insert.get('a')).toThrow(closed)
      expect(() => insert.raw().all('a')).toThrow(closed)
      expect(() => connection.exec('SELECT 1')).toThrow(closed)
      expect(() => connection.prepare('SELECT 1')).toThrow(closed)
      expect(connection.inTransaction).toBe(false)
    })

    it('a second close does nothing', () => {
      const connection = open()
      connection.close()

      expect(() => connection.close()).not.toThrow()
    })

    it('an open transaction is gone, its lock with it', () => {
      const [first, second] = openTwo()
      first.exec('BEGIN IMMEDIATE')
      first.prepare('INSERT INTO notes (body) VALUES (?)').run('lost')
      first.close()

      second.exec('BEGIN IMMEDIATE')
      second.exec('COMMIT')

      expect(second.prepare('SELECT count(*) AS n FROM notes').get()).toEqual({ n: 0 })
    })
  })

  it('has what the schema is made of: STRICT, RETURNING, partial indexes, JSON, FTS5', () => {
    const connection = open()

    connection.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, state TEXT, doc TEXT CHECK (json_valid(doc))) STRICT')
    connection.exec(`CREATE INDEX t_open ON t (id) WHERE state = 'pending'`)
    connection.exec('CREATE VIRTUAL TABLE found USING fts5 (body)')

    expect(
      connection.prepare(`INSERT INTO t (state, doc) VALUES ('pending', '{"a":1}') RETURNING doc ->> 'a' AS a`).all(),
    ).toEqual([{ a: 1 }])
    expect(connection.sqliteVersion).toMatch(/^3\.\d+\.\d+$/)
  })
})
