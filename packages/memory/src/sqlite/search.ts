import { granted } from '@holdfast/store'
import { preparedRows, read, type SqliteBinding } from '@holdfast/store/sqlite'
import { sql } from 'drizzle-orm'
import { searchSections, type SearchHit } from '../search.js'

const p = sql.placeholder

// A word in a heading says more about a section than one in its text; its key (a path) says least.
const relevance = sql`-bm25(sections_fts, 4.0, 1.0, 0.5)`

const searchOnSqlite: SqliteBinding = read(searchSections, (db) => {
  const select = preparedRows<SearchHit>(
    db,
    sql`
    SELECT section.namespace, section.key, document.path AS documentPath, section.heading_trail AS headingTrail,
           snippet(sections_fts, 1, '[', ']', '…', 24) AS snippet, section.content_hash AS contentHash,
           ${relevance} AS score
    FROM sections_fts
    JOIN sections AS section ON section.seq = sections_fts.rowid
    LEFT JOIN documents AS document ON document.seq = section.document_seq
    WHERE sections_fts MATCH ${p('match')}
      AND section.tenant = ${p('tenant')}
      AND (${p('namespace')} IS NULL OR section.namespace = ${p('namespace')})
    ORDER BY score DESC, section.seq
    LIMIT ${p('limit')} OFFSET ${p('offset')}`,
  )
  return (args) => granted(select(args))
})

export const searchBindings: readonly SqliteBinding[] = [searchOnSqlite]
