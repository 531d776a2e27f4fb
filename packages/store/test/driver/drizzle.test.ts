import { eq, sql } from 'drizzle-orm'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Connection } from '../../src/sqlite/connection.js'
import { openDatabase } from '../../src/sqlite/database.js'
import { tempPath } from '../database/temp-folder.js'
import { TESTED_DRIVERS } from './drivers.js'

const notes = sqliteTable('notes', {
  id: integer('id').primaryKey(),
  body: text('body').notNull(),
  isRead: integer('is_read', { mode: 'boolean' }).notNull().default(false),
})

describe.each(TESTED_DRIVERS)('drizzle over %s', (driver) => {
  const open = (): Connection => {
    const connection = openDatabase({ path: tempPath(), role: 'writer', create: true, driver })
    onTestFinished(() => connection.close())
    connection.exec('CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL, is_read INTEGER NOT NULL) STRICT')
    return connection
  }

  const bodies = ({ db }: Connection): string[] =>
    db
      .select({ body: notes.body })
      .from(notes)
      .all()
      .map((row) => row.body)

  it('keeps its session where the bindings look for it', () => {
    const { db } = open()

    // module.ts knows a connection by this internal member: handle and transaction must show the same one.
    const sessionOf = (handle: unknown): unknown => (handle as { session?: unknown }).session

    expect(sessionOf(db)).toBeTypeOf('object')
    db.transaction((tx) => {
      expect(sessionOf(tx)).toBe(sessionOf(db))
      tx.transaction((nested) => expect(sessionOf(nested)).toBe(sessionOf(db)))
    })
  })

  it('maps columns both ways, booleans included', () => {
    const { db } = open()

    const [row] = db.insert(notes).values({ body: 'a', isRead: true }).returning().all()

    expect(row).toEqual({ id: 1, body: 'a', isRead: true })
    expect(db.select().from(notes).where(eq(notes.isRead, true)).get()).toEqual(row)
  })

  it('runs prepared statements with placeholders', () => {
    const { db } = open()
    const insert = db
      .insert(notes)
      .values({ body: sql.placeholder('body'), isRead: false })
      .returning({ id: notes.id })
      .prepare()

    expect(insert.all({ body: 'a' })).toEqual([{ id: 1 }])
    expect(insert.get({ body: 'b' })).toEqual({ id: 2 })
  })

  it('refuses .run() with RETURNING, which would keep the write lock', () => {
    const { db } = open()

    expect(() => db.insert(notes).values({ body: 'a' }).returning().run()).toThrow(
      expect.objectContaining({ code: 'store.statement_refused' }),
    )
    expect(() => db.run(sql`PRAGMA foreign_keys`)).toThrow()
  })

  describe('a transaction', () => {
    it('begins immediately, so that it never fails half-way for the lock', () => {
      const connection = open()
      const other = openDatabase({ path: connection.path, role: 'writer', driver, lockWaitMs: 0 })
      onTestFinished(() => other.close())

      connection.db.transaction(() => expect(() => other.exec('BEGIN IMMEDIATE')).toThrow(/locked/), {
        behavior: 'deferred',
      })
    })

    it('commits its result', () => {
      const connection = open()

      const answer = connection.db.transaction((tx) => {
        tx.insert(notes).values({ body: 'a' }).run()
        return 'done'
      })

      expect(answer).toBe('done')
      expect(connection.inTransaction).toBe(false)
      expect(bodies(connection)).toEqual(['a'])
    })

    it('leaves nothing behind when it throws', () => {
      const connection = open()

      expect(() =>
        connection.db.transaction((tx) => {
          tx.insert(notes).values({ body: 'a' }).run()
          throw new Error('no')
        }),
      ).toThrow('no')

      expect(connection.inTransaction).toBe(false)
      expect(bodies(connection)).toEqual([])
    })

    it('is a savepoint inside another, undone alone', () => {
      const connection = open()

      connection.db.transaction((tx) => {
        tx.insert(notes).values({ body: 'outer' }).run()
        const inner = (): void =>
          tx.transaction((nested) => {
            nested.insert(notes).values({ body: 'inner' }).run()
            throw new Error('no')
          })
        expect(inner).toThrow('no')
        tx.transaction((nested) => nested.insert(notes).values({ body: 'second' }).run())
      })

      expect(bodies(connection)).toEqual(['outer', 'second'])
    })

    it('is a savepoint inside one that was begun by hand', () => {
      const connection = open()
      connection.exec('BEGIN IMMEDIATE')

      connection.db.transaction((tx) => tx.insert(notes).values({ body: 'a' }).run())
      expect(connection.inTransaction).toBe(true)
      connection.exec('ROLLBACK')

      expect(bodies(connection)).toEqual([])
    })

    it('refuses an async callback and undoes what it did', async () => {
      const connection = open()
      const insertLater = async (tx: Connection['db']): Promise<void> => {
        tx.insert(notes).values({ body: 'a' }).run()
        await Promise.reject(new Error('of no interest'))
      }
      const refused = expect.objectContaining({ code: 'store.statement_refused' })

      expect(() => connection.db.transaction((tx) => insertLater(tx))).toThrow(refused)
      connection.db.transaction((tx) => {
        expect(() => tx.transaction((nested) => insertLater(nested))).toThrow(refused)
      })

      expect(bodies(connection)).toEqual([])
    })

    it('is refused on a reader', () => {
      const { path } = open()
      const reader = openDatabase({ path, role: 'reader', driver })
      onTestFinished(() => reader.close())

      expect(() => reader.db.transaction(() => 1)).toThrow(expect.objectContaining({ code: 'store.statement_refused' }))
    })
  })
})
