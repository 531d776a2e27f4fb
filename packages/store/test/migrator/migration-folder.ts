import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder } from '../database/temp-folder.js'

/** What the first migration of the core brings: the tables in which migrations are recorded. */
export const RECORDS = `CREATE TABLE schema_versions (scope TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL) STRICT;
--> statement-breakpoint
CREATE TABLE schema_migrations (scope TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL, applied_at_ms INTEGER NOT NULL, PRIMARY KEY (scope, version)) STRICT;
--> statement-breakpoint
CREATE TABLE store_properties (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT;
`

export const NOTES = `CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT) STRICT;
--> statement-breakpoint
CREATE TRIGGER notes_frozen BEFORE UPDATE ON notes BEGIN SELECT RAISE(ABORT, 'event.append_only'); END;
`

export const TAGS = `CREATE TABLE tags (id INTEGER PRIMARY KEY, note_id INTEGER REFERENCES notes (id), tag TEXT) STRICT;`

/** Writes a folder as drizzle-kit would: `files` by name, without the ending. */
export const migrationFolder = (files: Readonly<Record<string, string>>, folder: string = tempFolder()): string => {
  mkdirSync(join(folder, 'meta'), { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.sql`), text)
  const entries = Object.keys(files).map((tag, idx) => ({ idx, tag, version: '6', when: 0, breakpoints: true }))
  writeFileSync(join(folder, 'meta', '_journal.json'), JSON.stringify({ version: '7', dialect: 'sqlite', entries }))
  return folder
}
