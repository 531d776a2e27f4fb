import { completeKey, forgetKey, granted, refused, type Verdict } from '@holdfast/store'
import {
  bind,
  bindingOf,
  preparedChange,
  preparedRows,
  read,
  severalStatements,
  sqlite as core,
  type SqliteBinding,
} from '@holdfast/store/sqlite'
import { sql } from 'drizzle-orm'
import {
  getDocument,
  listDocuments,
  removeDocument,
  replaceDocument,
  type DocumentRecord,
  type NewSection,
} from '../documents.js'

const p = sql.placeholder

interface KnownDocument {
  readonly seq: number
  readonly contentHash: string
  readonly sectionCount: number
  readonly version: number
}

const knownDocument = sql`
  SELECT seq, content_hash AS contentHash, section_count AS sectionCount, version
  FROM documents
  WHERE tenant = ${p('tenant')} AND namespace = ${p('namespace')} AND path = ${p('path')}`

const addDocument = sql`
  INSERT INTO documents (tenant, namespace, path, content_hash, section_count, version, created_at_ms, updated_at_ms)
  VALUES (${p('tenant')}, ${p('namespace')}, ${p('path')}, ${p('contentHash')}, ${p('sectionCount')}, 1, ${p('nowMs')}, ${p('nowMs')})
  RETURNING seq`

const changeDocument = sql`
  UPDATE documents
  SET content_hash = ${p('contentHash')}, section_count = ${p('sectionCount')}, version = version + 1, updated_at_ms = ${p('nowMs')}
  WHERE seq = ${p('seq')}`

const deleteDocument = sql`DELETE FROM documents WHERE seq = ${p('seq')}`

const sectionsOfDocument = sql`
  SELECT seq, key, content_hash AS contentHash FROM sections WHERE document_seq = ${p('documentSeq')}`

const ownerOfKey = sql`
  SELECT document_seq AS documentSeq
  FROM sections
  WHERE tenant = ${p('tenant')} AND namespace = ${p('namespace')} AND key = ${p('key')}`

const addSection = sql`
  INSERT INTO sections (tenant, namespace, key, document_seq, heading_trail, text, content_hash, metadata, version, created_at_ms, updated_at_ms)
  VALUES (${p('tenant')}, ${p('namespace')}, ${p('key')}, ${p('documentSeq')}, ${p('headingTrail')}, ${p('text')},
          ${p('contentHash')}, ${p('metadata')}, 1, ${p('nowMs')}, ${p('nowMs')})`

const changeSection = sql`
  UPDATE sections
  SET heading_trail = ${p('headingTrail')}, text = ${p('text')}, content_hash = ${p('contentHash')},
      metadata = ${p('metadata')}, version = version + 1, updated_at_ms = ${p('nowMs')}
  WHERE seq = ${p('seq')}`

const deleteSection = sql`DELETE FROM sections WHERE seq = ${p('seq')}`

const replaceOnSqlite: SqliteBinding = severalStatements(replaceDocument, (db) => {
  const known = preparedRows<KnownDocument>(db, knownDocument)
  const add = preparedRows<{ readonly seq: number }>(db, addDocument)
  const change = preparedChange(db, changeDocument)
  const current = preparedRows<{ readonly seq: number; readonly key: string; readonly contentHash: string }>(
    db,
    sectionsOfDocument,
  )
  const owner = preparedRows<{ readonly documentSeq: number | null }>(db, ownerOfKey)
  const insert = preparedChange(db, addSection)
  const update = preparedChange(db, changeSection)
  const remove = preparedChange(db, deleteSection)
  const complete = bind(bindingOf(core, completeKey), db)
  const forget = bind(bindingOf(core, forgetKey), db)

  return (args) => {
    const { tenant, namespace, path, contentHash, sections, idempotency, nowMs } = args
    const before = known({ tenant, namespace, path })[0]

    if (idempotency) {
      const superseded = before && before.contentHash !== contentHash
      if (superseded) forget({ tenant, key: idempotency.prefix + before.contentHash })
      const completed = complete({ ...idempotency.ref, response: idempotency.response, nowMs })
      if (!completed.ok) return completed
    }

    const stored = { tenant, namespace, path, contentHash, sectionCount: sections.length, nowMs }
    const documentSeq = before?.seq ?? add(stored)[0]?.seq ?? 0
    const old = new Map(current({ documentSeq }).map((section) => [section.key, section]))
    const seen = new Set<string>()
    const counts = { added: 0, updated: 0, removed: 0, kept: 0 }

    for (const section of sections) {
      if (seen.has(section.key)) return duplicateKey(section)
      seen.add(section.key)
      const twin = old.get(section.key)
      if (twin?.contentHash === section.contentHash) counts.kept++
      else if (twin) counts.updated += update({ ...section, seq: twin.seq, nowMs })
      else {
        if (owner({ tenant, namespace, key: section.key }).length > 0) return duplicateKey(section)
        counts.added += insert({ ...section, tenant, namespace, documentSeq, nowMs })
      }
    }
    for (const section of old.values()) if (!seen.has(section.key)) counts.removed += remove({ seq: section.seq })

    const changed = before?.contentHash !== contentHash || counts.added + counts.updated + counts.removed > 0
    if (before && changed) change({ seq: before.seq, contentHash, sectionCount: sections.length, nowMs })
    return granted({ changed, version: before ? before.version + (changed ? 1 : 0) : 1, ...counts })
  }
})

const duplicateKey = ({ key }: NewSection): Verdict<never> =>
  refused('memory.duplicate_key', `section key ${key} is taken`, { key })

const removeOnSqlite: SqliteBinding = severalStatements(removeDocument, (db) => {
  const known = preparedRows<KnownDocument>(db, knownDocument)
  const current = preparedRows<{ readonly seq: number }>(db, sectionsOfDocument)
  const removeSection = preparedChange(db, deleteSection)
  const remove = preparedChange(db, deleteDocument)
  const forget = bind(bindingOf(core, forgetKey), db)

  return ({ tenant, namespace, path, idempotency }) => {
    const document = known({ tenant, namespace, path })[0]
    if (!document) return granted({ removed: false, sections: 0 })
    // One by one and not by the cascade, whose deletions the full-text triggers would see only with the right PRAGMA.
    for (const section of current({ documentSeq: document.seq })) removeSection({ seq: section.seq })
    remove({ seq: document.seq })
    if (idempotency) forget({ tenant, key: idempotency.prefix + document.contentHash })
    return granted({ removed: true, sections: document.sectionCount })
  }
})

const documentColumns = sql`
  namespace, path, content_hash AS contentHash, section_count AS sectionCount, version,
  created_at_ms AS createdAtMs, updated_at_ms AS updatedAtMs`

const getOnSqlite: SqliteBinding = read(getDocument, (db) => {
  const select = preparedRows<DocumentRecord>(
    db,
    sql`
    SELECT ${documentColumns} FROM documents
    WHERE tenant = ${p('tenant')} AND namespace = ${p('namespace')} AND path = ${p('path')}`,
  )
  return (args) => granted(select(args)[0] ?? null)
})

const listOnSqlite: SqliteBinding = read(listDocuments, (db) => {
  const select = preparedRows<DocumentRecord>(
    db,
    sql`
    SELECT ${documentColumns} FROM documents
    WHERE tenant = ${p('tenant')} AND namespace = ${p('namespace')} AND path > ${p('after')} AND path < ${p('end')}
    ORDER BY path LIMIT ${p('limit')}`,
  )
  return ({ tenant, namespace, folder, afterPath, limit }) => {
    // A folder's paths lie between its name with a slash and its name with the character after the slash.
    const start = folder === null ? '' : `${folder}/`
    const end = folder === null ? '\u{10FFFF}' : `${folder}0`
    const after = afterPath !== null && afterPath > start ? afterPath : start
    return granted(select({ tenant, namespace, after, end, limit }))
  }
})

export const documentBindings: readonly SqliteBinding[] = [replaceOnSqlite, removeOnSqlite, getOnSqlite, listOnSqlite]
