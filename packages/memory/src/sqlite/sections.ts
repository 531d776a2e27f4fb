import { granted, refused, type Verdict } from '@holdfast/store'
import {
  preparedChange,
  preparedRows,
  quickRead,
  severalStatements,
  type SqliteBinding,
  type SqliteDatabase,
} from '@holdfast/store/sqlite'
import { sql } from 'drizzle-orm'
import { forget, getSection, remember, type SectionKey, type SectionRecord } from '../sections.js'

const p = sql.placeholder

interface KnownSection {
  readonly seq: number
  readonly contentHash: string
  readonly version: number
  readonly documentPath: string | null
}

const prepareKnown = (db: SqliteDatabase): ((key: SectionKey) => KnownSection | undefined) => {
  const select = preparedRows<KnownSection>(
    db,
    sql`
    SELECT seq, content_hash AS contentHash, version,
           (SELECT path FROM documents WHERE documents.seq = sections.document_seq) AS documentPath
    FROM sections
    WHERE tenant = ${p('tenant')} AND namespace = ${p('namespace')} AND key = ${p('key')}`,
  )
  return ({ tenant, namespace, key }) => select({ tenant, namespace, key })[0]
}

const rememberOnSqlite: SqliteBinding = severalStatements(remember, (db) => {
  const known = prepareKnown(db)
  const insert = preparedChange(
    db,
    sql`
    INSERT INTO sections (tenant, namespace, key, document_seq, heading_trail, text, content_hash, metadata, version, created_at_ms, updated_at_ms)
    VALUES (${p('tenant')}, ${p('namespace')}, ${p('key')}, NULL, ${p('headingTrail')}, ${p('text')},
            ${p('contentHash')}, ${p('metadata')}, 1, ${p('nowMs')}, ${p('nowMs')})`,
  )
  const update = preparedChange(
    db,
    sql`
    UPDATE sections
    SET heading_trail = ${p('headingTrail')}, text = ${p('text')}, content_hash = ${p('contentHash')},
        metadata = ${p('metadata')}, version = version + 1, updated_at_ms = ${p('nowMs')}
    WHERE seq = ${p('seq')}`,
  )
  return (args) => {
    const before = known(args)
    if (before?.documentPath) return ownedByDocument(args, before.documentPath)
    const version = before?.version ?? 0
    const { expectedVersion } = args
    if (expectedVersion !== null && expectedVersion !== version)
      return refused('memory.version_conflict', `${args.key} has version ${version}, not ${expectedVersion}`, {
        version,
        expectedVersion,
      })
    if (before?.contentHash === args.contentHash) return granted({ version, changed: false })
    if (before) update({ ...args, seq: before.seq })
    else insert({ ...args })
    return granted({ version: version + 1, changed: true })
  }
})

const ownedByDocument = ({ key }: SectionKey, documentPath: string): Verdict<never> =>
  refused('memory.owned_by_document', `${key} is a section of ${documentPath}`, { documentPath })

const forgetOnSqlite: SqliteBinding = severalStatements(forget, (db) => {
  const known = prepareKnown(db)
  const remove = preparedChange(db, sql`DELETE FROM sections WHERE seq = ${p('seq')}`)
  return (args) => {
    const section = known(args)
    if (!section) return granted({ forgotten: false })
    if (section.documentPath) return ownedByDocument(args, section.documentPath)
    remove({ seq: section.seq })
    return granted({ forgotten: true })
  }
})

const getOnSqlite: SqliteBinding = quickRead(getSection, (db) => {
  const select = preparedRows<SectionRecord>(
    db,
    sql`
    SELECT section.namespace, section.key, document.path AS documentPath, section.heading_trail AS headingTrail,
           section.text, section.content_hash AS contentHash, section.metadata, section.version,
           section.created_at_ms AS createdAtMs, section.updated_at_ms AS updatedAtMs
    FROM sections AS section LEFT JOIN documents AS document ON document.seq = section.document_seq
    WHERE section.tenant = ${p('tenant')} AND section.namespace = ${p('namespace')} AND section.key = ${p('key')}`,
  )
  return ({ tenant, namespace, key }) => granted(select({ tenant, namespace, key })[0] ?? null)
})

export const sectionBindings: readonly SqliteBinding[] = [rememberOnSqlite, forgetOnSqlite, getOnSqlite]
