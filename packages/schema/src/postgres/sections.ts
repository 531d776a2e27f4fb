import { type SQL, sql } from 'drizzle-orm'
import { check, index, integer, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { isRowNumber } from '../predicates.js'
import { identity, int8, isJson, tsvector } from './columns.js'

/** As much of a section as is searched: a tsvector holds at most 1 MiB, and one that is longer would refuse the row. */
const SEARCHED_CHARACTERS = 200_000

const searchedWords: SQL = sql.raw(
  `to_tsvector('simple'::regconfig, left(heading_trail || ' ' || text || ' ' || key, ${SEARCHED_CHARACTERS}))`,
)

/** A source of sections, such as one file: what it held when its sections were last written, all at once. */
export const documents = pgTable(
  'documents',
  {
    seq: identity(),
    tenant: text('tenant').notNull(),
    namespace: text('namespace').notNull(),
    path: text('path').notNull(),
    /** `sha256:` and 64 hex digits of the source's bytes. */
    contentHash: text('content_hash').notNull(),
    sectionCount: integer('section_count').notNull(),
    version: integer('version').notNull(),
    createdAtMs: int8('created_at_ms').notNull(),
    updatedAtMs: int8('updated_at_ms').notNull(),
  },
  (t) => [
    // replace, remove, and the ordered walk that finds what is gone
    uniqueIndex('documents_by_path').on(t.tenant, t.namespace, t.path),
  ],
)

/** One remembered text: what `remember` stores, `get` returns, `search` finds and `forget` removes. */
export const sections = pgTable(
  'sections',
  {
    seq: identity(),
    tenant: text('tenant').notNull(),
    namespace: text('namespace').notNull(),
    key: text('key').notNull(),
    /** The document it was cut from; NULL for a text remembered on its own. */
    documentSeq: int8('document_seq').references(() => documents.seq, { onDelete: 'cascade' }),
    /** Headings from the document's title down to this section's own, joined by ` › `. */
    headingTrail: text('heading_trail').notNull(),
    text: text('text').notNull(),
    contentHash: text('content_hash').notNull(),
    metadata: text('metadata'),
    version: integer('version').notNull(),
    createdAtMs: int8('created_at_ms').notNull(),
    updatedAtMs: int8('updated_at_ms').notNull(),
    /** Words as they are, without a language's endings: what `unicode61` does for SQLite, accents apart. */
    search: tsvector('search').notNull().generatedAlwaysAs(searchedWords),
  },
  (t) => [
    // search
    index('sections_search').using('gin', t.search),
    // get, remember, forget
    uniqueIndex('sections_by_key').on(t.tenant, t.namespace, t.key),
    // a document's sections: replace, cascade
    uniqueIndex('sections_by_document').on(t.documentSeq, t.seq).where(sql`${t.documentSeq} is not null`),
    check('sections_seq', isRowNumber(t.seq)),
    check('sections_metadata', sql`${t.metadata} is null or ${isJson(t.metadata)}`),
  ],
)
