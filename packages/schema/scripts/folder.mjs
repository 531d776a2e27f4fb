import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Between two statements of a migration: semicolons also stand inside triggers. */
export const BREAKPOINT = '--> statement-breakpoint'

const readJson = (path, otherwise) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : otherwise)
const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)

export const sha256 = (text) => createHash('sha256').update(text).digest('hex')

/** A UUID that is the same for the same content, so that generating twice writes the same bytes. */
export const contentId = (content) => {
  const hex = sha256(JSON.stringify(content))
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}

/**
 * One engine's migrations on disk. `meta/` is drizzle-kit's; `record.json` is ours: what stands in the migrations and
 * in no snapshot (objects, table options), and the hash of each migration, which is never edited once it is written.
 */
export const migrationFolder = (path, dialect) => {
  const meta = join(path, 'meta')
  const journalPath = join(meta, '_journal.json')
  const recordPath = join(path, 'record.json')
  return {
    path,
    journal: () => readJson(journalPath, { version: '7', dialect, entries: [] }),
    record: () => readJson(recordPath, { objects: {}, tableOptions: {}, migrations: {} }),
    sqlFiles: () =>
      existsSync(path)
        ? readdirSync(path)
            .filter((name) => name.endsWith('.sql'))
            .sort()
        : [],
    sql: (tag) => readFileSync(join(path, `${tag}.sql`), 'utf8'),
    snapshot: ({ idx }) => readJson(join(meta, `${String(idx).padStart(4, '0')}_snapshot.json`), undefined),

    /** Writes a migration, its snapshot, its journal entry and what it changed of the record. */
    add({ name, statements, snapshot, record, nowMs }) {
      mkdirSync(meta, { recursive: true })
      const journal = this.journal()
      const idx = journal.entries.length
      const number = String(idx).padStart(4, '0')
      const tag = `${number}_${name}`
      const text = `${statements.join(`\n${BREAKPOINT}\n`)}\n`
      writeFileSync(join(path, `${tag}.sql`), text)
      writeJson(join(meta, `${number}_snapshot.json`), snapshot)
      journal.entries.push({ idx, version: snapshot.version, when: nowMs, tag, breakpoints: true })
      writeJson(journalPath, journal)
      writeJson(recordPath, { ...record, migrations: { ...record.migrations, [tag]: sha256(text) } })
      return tag
    },
  }
}
