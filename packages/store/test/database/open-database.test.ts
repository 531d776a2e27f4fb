import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Connection } from '../../src/sqlite/connection.js'
import { openDatabase, type OpenDatabaseOptions } from '../../src/sqlite/database.js'
import { chooseDriver } from '../../src/sqlite/driver/choose.js'
import { TESTED_DRIVERS } from '../driver/drivers.js'
import { tempFolder, tempPath } from './temp-folder.js'

describe.each(TESTED_DRIVERS)('opening a file through %s', (driver) => {
  const open = (options: Partial<OpenDatabaseOptions> & { path: string }): Connection => {
    const connection = openDatabase({ role: 'writer', driver, lockWaitMs: 500, ...options })
    onTestFinished(() => connection.close())
    return connection
  }

  /**
   * A small database in WAL, closed for good: nothing was prepared on its connection. A statement that libsql hasn't
   * collected keeps the file open, and its WAL beside it.
   */
  const makeDatabase = (path = tempPath()): string => {
    const native = chooseDriver(driver).open(path)
    native.exec('PRAGMA journal_mode = WAL; CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT) STRICT')
    native.close()
    return path
  }

  const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

  describe('that is new', () => {
    it('makes the folder and the file for their owner alone, whatever the umask says', () => {
      const path = join(tempFolder(), 'a', 'b', 'store.db')
      const before = process.umask(0o277)
      onTestFinished(() => void process.umask(before))

      open({ path, create: true })

      expect([modeOf(dirname(dirname(path))), modeOf(dirname(path)), modeOf(path)]).toEqual(['700', '700', '600'])
    })

    it('leaves the mode of a folder that was there', () => {
      const folder = join(tempFolder(), 'shared')
      mkdirSync(folder, { mode: 0o755 })

      open({ path: join(folder, 'store.db'), create: true })

      expect(modeOf(folder)).toBe('755')
    })

    it('is refused unless it is to be created, and nothing is made', () => {
      const folder = tempFolder()
      const path = join(folder, 'deeper', 'store.db')

      expect(() => open({ path })).toThrow(expect.objectContaining({ code: 'store.missing' }))
      expect(() => open({ path, role: 'reader', create: true })).toThrow(
        expect.objectContaining({ code: 'store.missing' }),
      )

      expect(readdirSync(folder)).toEqual([])
    })
  })

  describe('by name', () => {
    it('takes a path, a file: URL, and a relative file: URL', () => {
      const path = makeDatabase()
      const relative = `file:${join('..'.concat('/..'.repeat(20)), path)}`

      expect(open({ path }).path).toBe(path)
      expect(open({ path: pathToFileURL(path).href }).path).toBe(path)
      expect(open({ path: relative }).path).toBe(path)
    })

    it('takes blanks, question marks and per cent signs as they are', () => {
      const path = makeDatabase(tempPath('what? 100%41.db'))

      expect(open({ path }).path).toBe(path)
      expect(readdirSync(dirname(path))).toContain('what? 100%41.db')
    })

    it('shows a link by the file that it leads to', () => {
      const path = makeDatabase()
      const link = join(dirname(path), 'link.db')
      symlinkSync(path, link)

      expect(open({ path: link }).path).toBe(path)
    })

    it('takes :memory:, also as a URL', () => {
      expect(open({ path: ':memory:' }).pragma('journal_mode')).toBe('memory')
      expect(open({ path: 'file::memory:' }).path).toBe(':memory:')
    })

    it.each([
      'libsql://db.example.org',
      'https://db.example.org',
      'http://localhost:8080',
      'wss://db.example.org',
      'ws://localhost',
      'file:store.db?mode=ro',
    ])('refuses %s', (path) => {
      expect(() => open({ path, create: true })).toThrow(expect.objectContaining({ code: 'store.unsupported' }))
    })

    it.each([
      ['nothing', ''],
      ['blanks', '  '],
      ['a NUL', 'a\0b'],
    ])('refuses %s', (_, path) => {
      expect(() => open({ path, create: true })).toThrow(expect.objectContaining({ code: 'input.invalid' }))
    })
  })

  describe('that is something else', () => {
    /** Opens `path` in every role, expects the refusal, and that nothing in its folder has changed by a byte. */
    const expectUntouched = (path: string, code: string): void => {
      const before = readFileSync(path)
      const names = readdirSync(dirname(path))

      for (const role of ['writer', 'reader', 'checkpointer'] as const)
        expect(() => open({ path, role })).toThrow(expect.objectContaining({ code }))

      expect(readFileSync(path).equals(before)).toBe(true)
      expect(readdirSync(dirname(path))).toEqual(names)
    }

    it.each([
      ['text', Buffer.from('not a database, '.repeat(100))],
      ['a few bytes', Buffer.from('hi')],
      ['a cut header', Buffer.from('SQLite format 3\0')],
      ['nothing at all', Buffer.alloc(0)],
      ['zeros', Buffer.alloc(4096)],
    ])('refuses %s and leaves it as it was', (_, bytes) => {
      const path = tempPath()
      writeFileSync(path, bytes)

      expectUntouched(path, 'store.not_a_database')
    })

    it('takes an empty file when it is to be created', () => {
      const path = tempPath()
      writeFileSync(path, '')

      expect(open({ path, create: true }).pragma('journal_mode')).toBe('wal')
    })

    describe('torn when the power went during a WAL checkpoint', () => {
      /** A file with what it held last in its WAL alone, as a crash leaves it, and a first sector that didn't land. */
      const leaveTorn = (): string => {
        const [made, path] = [tempPath(), tempPath()]
        const connection = open({ path: made, create: true })
        connection.exec("CREATE TABLE kept (word TEXT) STRICT; INSERT INTO kept VALUES ('kept')")
        for (const end of ['', '-wal']) copyFileSync(`${made}${end}`, `${path}${end}`)
        const file = openSync(path, 'r+')
        writeSync(file, Buffer.alloc(512), 0, 512, 0)
        closeSync(file)
        return path
      }

      it('is opened, because its WAL has the first page whole', () => {
        const connection = open({ path: leaveTorn() })

        expect(connection.prepare('SELECT word FROM kept').get()).toMatchObject({ word: 'kept' })
      })

      it('is refused where no commit in the WAL brings that page, and left as it was', () => {
        const path = leaveTorn()
        truncateSync(`${path}-wal`, 32 + 24)

        expectUntouched(path, 'store.not_a_database')
      })
    })

    it.each(['-wal', '-journal'])('beside a folder called %s is refused in words of its own', (end) => {
      const path = tempPath()
      writeFileSync(path, Buffer.alloc(4096, 'x'))
      mkdirSync(`${path}${end}`)

      expectUntouched(path, 'store.not_a_database')
    })

    describe('half made when the power went', () => {
      /** The first page as a disk may leave it, beside the journal with which SQLite was writing it. */
      const leaveHalfMade = (firstPage: Buffer): string => {
        const path = tempPath()
        const journal = Buffer.alloc(512)
        Buffer.from('d9d505f920a163d7', 'hex').copy(journal)
        // Its records, a nonce, the pages there were before; then the sizes of a sector and of a page.
        for (const [index, value] of [0, 4711, 0, 512, 4096].entries()) journal.writeUInt32BE(value, 8 + index * 4)
        writeFileSync(path, firstPage)
        writeFileSync(`${path}-journal`, journal)
        return path
      }

      it.each([
        ['zeros', Buffer.alloc(4096)],
        ['garbage', Buffer.alloc(4096, 'x')],
        ['a piece', Buffer.alloc(100, 'x')],
      ])('is made anew where its first page is %s', (_, firstPage) => {
        const path = leaveHalfMade(firstPage)

        const connection = open({ path, create: true })

        expect(connection.pragma('journal_mode')).toBe('wal')
        expect(connection.prepare('SELECT count(*) AS tables FROM sqlite_master').get()).toMatchObject({ tables: 0 })
      })

      it('is refused when nothing is to be created, and left as it was', () => {
        const path = leaveHalfMade(Buffer.alloc(4096))

        expectUntouched(path, 'store.not_a_database')
      })
    })

    it('refuses text also when it is to be created', () => {
      const path = tempPath()
      writeFileSync(path, 'x'.repeat(5000))

      expect(() => open({ path, create: true })).toThrow(expect.objectContaining({ code: 'store.not_a_database' }))
    })

    it.each([
      ['page size', 16, 0x07],
      ['payload fraction', 21, 0x00],
      ['schema format', 47, 0x7f],
    ])('refuses a database with a damaged header (%s), which opens and fails at its first statement', (_, at, byte) => {
      const path = makeDatabase()
      const bytes = readFileSync(path)
      bytes[at] = byte
      writeFileSync(path, bytes)

      const before = readFileSync(path)
      expect(() => open({ path })).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^store\.(not_a_database|corrupt)$/) }),
      )
      expect(readFileSync(path).equals(before)).toBe(true)
    })

    it('refuses a database with a damaged magic although its name is right', () => {
      const path = makeDatabase()
      const bytes = readFileSync(path)
      bytes[0] = 0
      writeFileSync(path, bytes)

      expectUntouched(path, 'store.not_a_database')
    })

    it('refuses a folder', () => {
      const path = tempFolder()

      expect(() => open({ path, create: true })).toThrow(expect.objectContaining({ code: 'store.not_a_database' }))
    })

    it('frees the file again after a refusal', () => {
      const path = tempPath()
      writeFileSync(path, 'x'.repeat(5000))
      expect(() => open({ path })).toThrow()

      copyFileSync(makeDatabase(), path)

      expect(open({ path }).pragma('journal_mode')).toBe('wal')
    })
  })

  describe('its settings', () => {
    const everybody = {
      journal_mode: 'wal',
      foreign_keys: 1,
      recursive_triggers: 1,
      trusted_schema: 0,
      wal_autocheckpoint: 0,
      journal_size_limit: 8 * 1024 * 1024,
      temp_store: 2,
      mmap_size: 0,
    }

    it.each([
      ['writer', 'power', { cache_size: -16_384, synchronous: 2, query_only: 0, busy_timeout: 0 }],
      ['writer', 'process', { cache_size: -16_384, synchronous: 1, query_only: 0, busy_timeout: 0 }],
      ['writer', 'none', { cache_size: -16_384, synchronous: 0, query_only: 0, busy_timeout: 0 }],
      ['reader', 'process', { cache_size: -2_048, synchronous: 1, query_only: 1, busy_timeout: 250 }],
      ['checkpointer', 'process', { cache_size: -256, synchronous: 2, query_only: 0, busy_timeout: 250 }],
      ['checkpointer', 'none', { cache_size: -256, synchronous: 2, query_only: 0, busy_timeout: 250 }],
    ] as const)('are those of a %s at level %s', (role, durability, own) => {
      const path = tempPath()
      open({ path, create: true, durability })
      const connection = open({ path, role, durability })

      const expected = { ...everybody, ...own }
      const found = Object.fromEntries(Object.keys(expected).map((name) => [name, connection.pragma(name)]))
      expect(found).toEqual(expected)
    })

    it('let a reader read and nothing else', () => {
      const reader = open({ path: makeDatabase(), role: 'reader' })

      expect(reader.prepare('SELECT count(*) AS n FROM notes').get()).toEqual({ n: 0 })
      expect(() => reader.exec('DELETE FROM notes')).toThrow(/readonly/)
      expect(() => reader.prepare('INSERT INTO notes (body) VALUES (?)').run('a')).toThrow(/readonly/)
    })

    it('keep an integer with a fraction out of a STRICT column', () => {
      const writer = open({ path: makeDatabase() })

      expect(() => writer.prepare('INSERT INTO notes (id, body) VALUES (?, ?)').run(1.5, 'a')).toThrow()
      expect(
        writer.prepare('INSERT INTO notes (id, body) VALUES (?, ?) RETURNING typeof(id) AS type').get(1, 'a'),
      ).toEqual({ type: 'integer' })
    })

    it('leave WAL to a writer: a reader refuses a file that is not in it', () => {
      const path = tempPath()
      const writer = open({ path, create: true })
      writer.exec('CREATE TABLE t (a)')
      writer.exec('PRAGMA journal_mode = DELETE')
      writer.close()

      expect(() => open({ path, role: 'reader' })).toThrow(
        expect.objectContaining({
          code: 'store.setting_refused',
          details: expect.objectContaining({ pragma: 'journal_mode' }),
        }),
      )
    })
  })

  it('waits for a writer while it switches a file to WAL, and says busy at the end of its patience', () => {
    const path = tempPath()
    const first = open({ path, create: true })
    first.exec('CREATE TABLE t (a); PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')

    expect(() => open({ path, lockWaitMs: 50 })).toThrow(
      expect.objectContaining({ code: 'store.busy', retryable: true }),
    )

    first.exec('COMMIT')
    expect(open({ path }).pragma('journal_mode')).toBe('wal')
  })
})
