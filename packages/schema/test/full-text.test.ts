import { describe, expect, it } from 'vitest'
import { type Db, type Fresh, insert, refuses, update } from './support/db.js'
import { postgresDatabase } from './support/postgres.js'
import { documentRow, sectionRow } from './support/rows.js'
import { sqliteFiles } from './support/sqlite.js'

const keysMatching = async (db: Db, word: string): Promise<unknown[]> => {
  const rows = await db.all(
    db.engine === 'sqlite'
      ? `select sections.key from sections_fts join sections on sections.seq = sections_fts.rowid
         where sections_fts match ? order by sections.key`
      : `select key from sections where search @@ to_tsquery('simple', ?) order by key`,
    [word],
  )
  return rows.map(({ key }) => key)
}

/** SQLite compares every word of the index with the rows; PostgreSQL keeps no second copy that could differ. */
const checkIndex = async (db: Db): Promise<void> => {
  if (db.engine === 'sqlite')
    await db.exec(`insert into sections_fts (sections_fts, rank) values ('integrity-check', 1)`)
}

const fullText = (name: string, fresh: Fresh): void => {
  describe(`full text over sections ${name}`, () => {
    it('finds words of the text, the headings and the key, whatever their case', async () => {
      const db = await fresh()
      await insert(db, 'sections', sectionRow())

      for (const word of ['leases', 'EXPIRE', 'guide', 'k1']) expect(await keysMatching(db, word)).toEqual(['k1'])
      expect(await keysMatching(db, 'fencing')).toEqual([])
    })

    it('follows a change of the text', async () => {
      const db = await fresh()
      await insert(db, 'sections', sectionRow())

      await update(db, 'sections', { text: 'Tokens grow.', version: 2 }, 'seq = 1')

      expect(await keysMatching(db, 'leases')).toEqual([])
      expect(await keysMatching(db, 'tokens')).toEqual(['k1'])
      await checkIndex(db)
    })

    it('forgets what is deleted, also with its document', async () => {
      const db = await fresh()
      await insert(db, 'documents', documentRow())
      await insert(db, 'sections', sectionRow({ document_seq: 1 }))
      await insert(db, 'sections', sectionRow({ key: 'k2' }))

      await db.exec('delete from documents')

      expect(await keysMatching(db, 'leases')).toEqual(['k2'])
      await db.exec('delete from sections')
      expect(await keysMatching(db, 'leases')).toEqual([])
      await checkIndex(db)
    })

    it('is as it was after a refused replacement', async () => {
      const db = await fresh()
      await insert(db, 'sections', sectionRow())

      const verb = db.engine === 'sqlite' ? 'insert or replace' : 'insert'
      await refuses(db, 'section.exists', 'sections', () =>
        insert(db, 'sections', sectionRow({ text: 'Tokens grow.' }), verb),
      )

      expect(await keysMatching(db, 'leases')).toEqual(['k1'])
      expect(await keysMatching(db, 'tokens')).toEqual([])
      await checkIndex(db)
    })

    it('takes sections of any length', async () => {
      const db = await fresh()
      const words = Array.from({ length: 200_000 }, (_, n) => `word${n}`).join(' ')

      await insert(db, 'sections', sectionRow({ text: words }))

      expect(await keysMatching(db, 'word7')).toEqual(['k1'])
    })
  })
}

const store = sqliteFiles({ asTheStoreDoes: true })
const stranger = sqliteFiles({ asTheStoreDoes: false })
fullText('on SQLite', () => store())
fullText('on SQLite, as a stranger opens it', () => stranger())
fullText('on PostgreSQL', postgresDatabase().fresh)

describe('full text over sections on SQLite alone', () => {
  it('finds letters with and without their accents', async () => {
    const db = await store()
    await insert(db, 'sections', sectionRow())

    expect(await keysMatching(db, 'cafe')).toEqual(['k1'])
    expect(await keysMatching(db, 'café')).toEqual(['k1'])
  })
})
