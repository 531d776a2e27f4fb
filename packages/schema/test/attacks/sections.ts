import { describe, expect, it } from 'vitest'
import { type Db, type Fresh, count, insert, insertOver, notJson, refuses, update } from '../support/db.js'
import { documentRow, sectionRow } from '../support/rows.js'

export const sectionAttacks = (fresh: Fresh): void => {
  const withSection = async (): Promise<Db> => {
    const db = await fresh()
    await insert(db, 'documents', documentRow())
    await insert(db, 'sections', sectionRow({ document_seq: 1 }))
    return db
  }

  describe('a document', () => {
    it.each([
      ['seq', 7],
      ['tenant', 'u'],
      ['namespace', 'other'],
      ['path', 'b.md'],
    ])('keeps its %s', async (column, value) => {
      const db = await withSection()

      await refuses(db, 'document.immutable', 'documents', () =>
        update(db, 'documents', { [column]: value }, 'seq = 1'),
      )
    })

    it('takes its sections along', async () => {
      const db = await withSection()

      await db.exec('delete from documents')

      expect(await count(db, 'sections')).toBe(0)
    })
  })

  describe('a section', () => {
    it.each([
      ['seq', 7],
      ['tenant', 'u'],
      ['namespace', 'other'],
      ['key', 'k9'],
    ])('keeps its %s', async (column, value) => {
      const db = await withSection()

      await refuses(db, 'section.immutable', 'sections', () => update(db, 'sections', { [column]: value }, 'seq = 1'))
    })

    it.each([
      ['tenant', { tenant: 'u' }],
      ['namespace', { namespace: 'other' }],
    ])('is never of a document in another %s', async (_, over) => {
      const db = await withSection()
      await insert(db, 'documents', documentRow({ path: 'b.md', ...over }))

      await refuses(db, 'section.invalid_insert', 'sections', () =>
        insert(db, 'sections', sectionRow({ key: 'k2', document_seq: 2 })),
      )
      await refuses(db, 'section.immutable', 'sections', () => update(db, 'sections', { document_seq: 2 }, 'seq = 1'))
    })

    it('does not replace the one with its key or its number', async () => {
      const db = await withSection()
      const over = sectionRow({ text: 'forged' })

      await refuses(db, 'section.exists', 'sections', () => insert(db, 'sections', over))
      await refuses(db, 'section.exists', 'sections', () => insertOver(db, 'sections', over, 'tenant, namespace, key'))
      await refuses(db, 'section.exists', 'sections', () =>
        insertOver(db, 'sections', { ...over, key: 'k2', seq: 1 }, 'seq'),
      )
    })

    it('is remembered on its own as well, and let go by its document', async () => {
      const db = await withSection()

      await insert(db, 'sections', sectionRow({ key: 'k2' }))
      await update(db, 'sections', { document_seq: null }, 'seq = 1')
      await db.exec('delete from documents')

      expect(await count(db, 'sections')).toBe(2)
    })

    it('has metadata that are JSON', async () => {
      const db = await fresh()

      await refuses(db, notJson(db, 'sections_metadata'), 'sections', () =>
        insert(db, 'sections', sectionRow({ metadata: 'nope' })),
      )
    })
  })
}
