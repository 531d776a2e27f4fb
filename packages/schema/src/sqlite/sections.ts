import { sql } from 'drizzle-orm'
import { check, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { isRowNumber } from '../predicates.js'
import { isJson } from './columns.js'

/** A source of sections, such as one file: what it held when its sections were last written, all at once. */
export const documents = sqliteTable(
  'documents',
  {
    seq: integer('seq').primaryKey(),
    tenant: text('tenant').notNull(),
    namespace: text('namespace').notNull(),
    path: text('path').notNull(),
    /** `sha256:` and 64 hex digits of the source's bytes. */
    contentHash: text('content_hash').notNull(),
    sectionCount: integer('section_count').notNull(),
    version: integer('version').notNull(),
    createdAtMs: integer('created_at_ms').notNull(),
    updatedAtMs: integer('updated_at_ms').notNull(),
  },
  (t) => [
    // replace, remove, and the ordered walk that finds what is gone
    uniqueIndex('documents_by_path').on(t.tenant, t.namespace, t.path),
  ],
)

/** One remembered text: what `remember` stores, `get` returns, `search` finds and `forget` removes. */
export const sections = sqliteTable(
  'sections',
  {
    seq: integer('seq').primaryKey(),
    tenant: text('tenant').notNull(),
    namespace: text('namespace').notNull(),
    key: text('key').notNull(),
    /** The document it was cut from; NULL for a text remembered on its own. */
    documentSeq: integer('document_seq').references(() => documents.seq, { onDelete: 'cascade' }),
    /** Headings from the document's title down to this section's own, joined by ` › `. */
    headingTrail: text('heading_trail').notNull(),
    text: text('text').notNull(),
    contentHash: text('content_hash').notNull(),
    metadata: text('metadata'),
    version: integer('version').notNull(),
    createdAtMs: integer('created_at_ms').notNull(),
    updatedAtMs: integer('updated_at_ms').notNull(),
  },
  (t) => [
    // get, remember, forget
    uniqueIndex('sections_by_key').on(t.tenant, t.namespace, t.key),
    // a document's sections: replace, cascade
    uniqueIndex('sections_by_document').on(t.documentSeq, t.seq).where(sql`${t.documentSeq} is not null`),
    check('sections_seq', isRowNumber(t.seq)),
    check('sections_metadata', sql`${t.metadata} is null or ${isJson(t.metadata)}`),
  ],
)
