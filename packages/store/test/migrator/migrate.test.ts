import { rmSync, writeFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Connection } from '../../src/sqlite/connection.js'
import { openDatabase, type OpenDatabaseOptions } from '../../src/sqlite/database.js'
import { migrate, type MigrateOptions } from '../../src/sqlite/migrator.js'
import { tempPath } from '../database/temp-folder.js'
import { TESTED_DRIVERS } from '../driver/drivers.js'
import { migrationFolder, NOTES, RECORDS, TAGS } from './migration-folder.js'

const NOW_MS = 1_700_000_000_000
const STORE_ID = '018bcfe5-6800-7000-8000-000000000000'

describe.each(TESTED_DRIVERS)('migrating a file through %s', (driver) => {
  const open = (options: Partial<OpenDatabaseOptions> = {}): Connection => {
    const connection = openDatabase({ path: tempPath(), role: 'writer', create: true, driver, ...options })
    onTestFinished(() => connection.close())
    return connection
  }

  const run = (connection: Connection, folder: string, options: Partial<MigrateOptions> = {}): readonly string[] =>
    migrate(connection, { folder, storeId: STORE_ID, nowMs: NOW_MS, ...options }).applied.map(
      ({ scope, version, name }) => `${scope} ${version} ${name}`,
    )

  const versions = (connection: Connection): unknown =>
    connection.prepare('SELECT scope, version FROM schema_versions ORDER BY scope').all()

  const tables = (connection: Connection): unknown[] =>
    connection.prepare(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`).raw().all().flat()

  const first = (): string => migrationFolder({ '0000_records': RECORDS })
  const second = (): string => migrationFolder({ '0000_records': RECORDS, '0001_notes': NOTES })

  describe('that is new', () => {
    it('runs every migration in order and records each with the hash of its text', () => {
      const connection = open()

      expect(run(connection, second())).toEqual(['core 1 0000_records', 'core 2 0001_notes'])

      expect(versions(connection)).toEqual([{ scope: 'core', version: 2 }])
      expect(connection.prepare('SELECT * FROM schema_migrations ORDER BY version').all()).toEqual([
        {
          scope: 'core',
          version: 1,
          name: '0000_records',
          hash: expect.stringMatching(/^[0-9a-f]{64}$/),
          applied_at_ms: NOW_MS,
        },
        {
          scope: 'core',
          version: 2,
          name: '0001_notes',
          hash: expect.stringMatching(/^[0-9a-f]{64}$/),
          applied_at_ms: NOW_MS,
        },
      ])
    })

    it('brings triggers whole, semicolons inside included', () => {
      const connection = open()
      run(connection, second())
      connection.exec(`INSERT INTO notes (body) VALUES ('a')`)

      expect(() => connection.exec(`UPDATE notes SET body = 'b'`)).toThrow('event.append_only')
    })

    it('gets its id and its durability level', () => {
      const connection = open({ durability: 'process' })

      run(connection, first())

      expect(connection.prepare('SELECT name, value FROM store_properties ORDER BY name').all()).toEqual([
        { name: 'durability', value: 'process' },
        { name: 'store_id', value: STORE_ID },
      ])
    })

    it('may be in memory', () => {
      expect(run(open({ path: ':memory:' }), first())).toHaveLength(1)
    })
  })

  describe('that is up to date', () => {
    it('does nothing and says so', () => {
      const connection = open()
      const folder = second()
      run(connection, folder)

      expect(run(connection, folder, { storeId: 'another', nowMs: NOW_MS + 1 })).toEqual([])
      expect(connection.prepare(`SELECT value FROM store_properties WHERE name = 'store_id'`).get()).toEqual({
        value: STORE_ID,
      })
    })

    it('takes no write lock', () => {
      const connection = open()
      const folder = second()
      run(connection, folder)
      const other = open({ path: connection.path })
      other.exec('BEGIN IMMEDIATE')

      expect(run(connection, folder, { lockWaitMs: 0 })).toEqual([])
    })

    it('is not bothered by line ends and trailing blanks of another checkout', () => {
      const connection = open()
      run(connection, second())
      const windows = migrationFolder({
        '0000_records': `\uFEFF${RECORDS.replaceAll('\n', '\r\n')}\r\n`,
        '0001_notes': NOTES.replaceAll('\n', '  \n'),
      })

      expect(run(connection, windows)).toEqual([])
    })
  })

  describe('that is behind', () => {
    it('runs what is missing and keeps the rows that are there', () => {
      const connection = open()
      run(connection, second())
      connection.exec(`INSERT INTO notes (body) VALUES ('kept')`)
      const third = migrationFolder({ '0000_records': RECORDS, '0001_notes': NOTES, '0002_tags': TAGS })

      expect(run(connection, third)).toEqual(['core 3 0002_tags'])

      expect(connection.prepare('SELECT body FROM notes').all()).toEqual([{ body: 'kept' }])
    })

    it('waits for the write lock, and says busy at the end of its patience', () => {
      const connection = open()
      run(connection, first())
      const other = open({ path: connection.path })
      other.exec('BEGIN IMMEDIATE')

      expect(() => run(connection, second(), { lockWaitMs: 20 })).toThrow(
        expect.objectContaining({ code: 'store.busy' }),
      )

      other.exec('ROLLBACK')
      expect(run(connection, second())).toEqual(['core 2 0001_notes'])
    })

    it('may rebuild a table that others point at', () => {
      const connection = open()
      const before = { '0000_records': RECORDS, '0001_notes': NOTES, '0002_tags': TAGS }
      run(connection, migrationFolder(before))
      connection.exec(`INSERT INTO notes (id, body) VALUES (1, 'a'); INSERT INTO tags (note_id, tag) VALUES (1, 'x')`)
      const rebuild = `CREATE TABLE new_notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
--> statement-breakpoint
INSERT INTO new_notes SELECT id, body FROM notes;
--> statement-breakpoint
DROP TABLE notes;
--> statement-breakpoint
ALTER TABLE new_notes RENAME TO notes;`

      run(connection, migrationFolder({ ...before, '0003_rebuild': rebuild }))

      expect(connection.prepare('SELECT note_id FROM tags').all()).toEqual([{ note_id: 1 }])
      expect(connection.pragma('foreign_keys')).toBe(1)
    })
  })

  describe('that cannot be migrated', () => {
    it('stays as it was when a statement fails: all of it or nothing', () => {
      const connection = open()
      run(connection, first())
      const broken = migrationFolder({
        '0000_records': RECORDS,
        '0001_notes': NOTES,
        '0002_broken': 'CREATE TABLE half (id INTEGER);\n--> statement-breakpoint\nCREATE TABLE notes (id INTEGER);',
      })

      expect(() => run(connection, broken)).toThrow(/already exists/)

      expect(tables(connection)).toEqual(['schema_migrations', 'schema_versions', 'store_properties'])
      expect(versions(connection)).toEqual([{ scope: 'core', version: 1 }])
      expect(connection.inTransaction).toBe(false)
      expect(connection.pragma('foreign_keys')).toBe(1)
    })

    it('stays as it was when a row would point at nothing', () => {
      const connection = open()
      const files = { '0000_records': RECORDS, '0001_notes': NOTES, '0002_tags': TAGS }
      const orphan = migrationFolder({ ...files, '0003_orphan': `INSERT INTO tags (note_id, tag) VALUES (7, 'x');` })

      expect(() => run(connection, orphan)).toThrow(
        expect.objectContaining({ code: 'store.invariant', details: { table: 'tags', parent: 'notes' } }),
      )

      expect(tables(connection)).toEqual([])
    })

    it('stays as it was when a migration commits by itself', () => {
      const connection = open()
      const sly = migrationFolder({ '0000_records': `${RECORDS}--> statement-breakpoint\nCOMMIT;` })

      expect(() => run(connection, sly)).toThrow(expect.objectContaining({ code: 'store.invariant' }))
    })

    it('is ahead of this code: refused with both versions, and not touched', () => {
      const path = tempPath()
      const connection = open({ path })
      run(connection, second())
      connection.exec(`INSERT INTO notes (body) VALUES ('a')`)
      const before = [readFileSync(path), readFileSync(`${path}-wal`)]

      expect(() => run(connection, first())).toThrow(
        expect.objectContaining({ code: 'store.newer_schema', details: { scope: 'core', found: 2, supported: 1 } }),
      )

      // The test has the file open, and reads it all the same: nobody else does, so no lock is lost that is needed.
      expect([readFileSync(path), readFileSync(`${path}-wal`)]).toEqual(before)
      expect(versions(connection)).toEqual([{ scope: 'core', version: 2 }])
    })

    it('has had a migration that reads differently now', () => {
      const connection = open()
      run(connection, second())
      const changed = migrationFolder({ '0000_records': RECORDS, '0001_notes': NOTES.replace('body TEXT', 'body ANY') })

      expect(() => run(connection, changed)).toThrow(
        expect.objectContaining({
          code: 'store.migration_changed',
          details: expect.objectContaining({ scope: 'core', version: 2, name: '0001_notes' }),
        }),
      )
    })

    it('remembers fewer migrations than its version', () => {
      const connection = open()
      run(connection, second())
      connection.exec('DELETE FROM schema_migrations WHERE version = 1')

      expect(() => run(connection, second())).toThrow(expect.objectContaining({ code: 'store.corrupt' }))
    })

    it('is migrated by another process between two looks at it', () => {
      const path = tempPath()
      const connection = open({ path })
      run(connection, first())
      const other = open({ path })
      // The other one commits as soon as this one has read anything about versions.
      let isMigrated = false
      const watched = new Proxy(connection, {
        get: (target, name) => {
          if (name !== 'prepare') return Reflect.get(target, name, target)
          return (text: string) => {
            const statement = target.prepare(text)
            if (!text.includes('schema_versions') && !text.includes('schema_migrations')) return statement
            const afterwards = <Result>(result: Result): Result => {
              if (!isMigrated && !text.includes('sqlite_master') && !target.inTransaction) {
                isMigrated = true
                run(other, second())
              }
              return result
            }
            return {
              ...statement,
              all: (...params: never[]) => afterwards(statement.all(...params)),
              get: (...params: never[]) => afterwards(statement.get(...params)),
            }
          }
        },
      })

      expect(run(watched, second())).toEqual([])
      expect(isMigrated).toBe(true)
      expect(versions(connection)).toEqual([{ scope: 'core', version: 2 }])
    })

    it('was made at another durability level by another process meanwhile', () => {
      const path = tempPath()
      const late = open({ path, durability: 'power' })
      run(open({ path, durability: 'process' }), first())

      const mismatch = expect.objectContaining({
        code: 'store.durability_mismatch',
        details: { found: 'process', asked: 'power' },
      })
      expect(() => run(late, first())).toThrow(mismatch)
      expect(() => run(late, second())).toThrow(mismatch)
    })
  })

  describe('with several scopes', () => {
    it('counts the versions of each apart, the core first', () => {
      const connection = open()
      const memory = migrationFolder({ '0000_notes': NOTES })

      expect(run(connection, first(), { scopes: { memory } })).toEqual(['core 1 0000_records', 'memory 1 0000_notes'])

      expect(versions(connection)).toEqual([
        { scope: 'core', version: 1 },
        { scope: 'memory', version: 1 },
      ])
    })

    it('takes a missing row for version 0', () => {
      const connection = open()
      run(connection, first())

      expect(run(connection, first(), { scopes: { memory: migrationFolder({ '0000_notes': NOTES }) } })).toEqual([
        'memory 1 0000_notes',
      ])
    })

    it('gives a scope its row back, at the version that its migrations show', () => {
      const connection = open()
      run(connection, second())
      connection.exec('DELETE FROM schema_versions')

      expect(run(connection, second())).toEqual([])

      expect(versions(connection)).toEqual([{ scope: 'core', version: 2 }])
    })

    it('leaves a scope alone that this code does not know', () => {
      const connection = open()
      run(connection, first(), { scopes: { memory: migrationFolder({ '0000_notes': NOTES }) } })

      expect(run(connection, first())).toEqual([])
      expect(versions(connection)).toHaveLength(2)
    })

    it('names the scope that is ahead', () => {
      const connection = open()
      const ahead = migrationFolder({ '0000_notes': NOTES, '0001_tags': TAGS })
      run(connection, first(), { scopes: { memory: ahead } })

      expect(() => run(connection, first(), { scopes: { memory: migrationFolder({ '0000_notes': NOTES }) } })).toThrow(
        expect.objectContaining({ code: 'store.newer_schema', details: { scope: 'memory', found: 2, supported: 1 } }),
      )
    })
  })
})

describe('a folder of migrations', () => {
  const refusesToRead = (folder: string, problem: RegExp): void => {
    const connection = openDatabase({ path: ':memory:', role: 'writer' })
    onTestFinished(() => connection.close())
    expect(() => migrate(connection, { folder, storeId: STORE_ID, nowMs: NOW_MS })).toThrow(
      expect.objectContaining({ code: 'store.invariant', message: expect.stringMatching(problem) }),
    )
  }

  it('misses no step', () => {
    refusesToRead(migrationFolder({ '0000_records': RECORDS, '0002_notes': NOTES }), /step 1 is missing/)
  })

  it('has no number twice', () => {
    refusesToRead(migrationFolder({ '0000_records': RECORDS, '0000_again': NOTES }), /step 1 is missing/)
  })

  it('holds something', () => {
    refusesToRead(migrationFolder({}), /there are none/)
  })

  it('holds just the files that its journal names', () => {
    const folder = migrationFolder({ '0000_records': RECORDS, '0001_notes': NOTES })
    rmSync(join(folder, '0001_notes.sql'))
    refusesToRead(folder, /the journal names/)

    writeFileSync(join(folder, '0001_other.sql'), readFileSync(join(folder, '0000_records.sql')))
    refusesToRead(folder, /the journal names/)
  })
})
