import type { SchemaObject } from '../../triggers/schema-object.js'
import { trigger } from './trigger.js'

/**
 * The full-text index over sections. It keeps no copy of the text: `sections` is its content, so a match is a row.
 * Letters match with and without their accents.
 */
export const fullTextIndex: SchemaObject = {
  name: 'sections_fts',
  table: 'sections',
  create: [
    `CREATE VIRTUAL TABLE sections_fts USING fts5(
  heading_trail, text, key,
  content = 'sections', content_rowid = 'seq',
  tokenize = 'unicode61 remove_diacritics 2'
)`,
    // Fills it from what is there already.
    `INSERT INTO sections_fts (sections_fts) VALUES ('rebuild')`,
  ],
  drop: ['DROP TABLE IF EXISTS sections_fts'],
}

const on = (event: 'INSERT' | 'UPDATE' | 'DELETE', body: readonly string[], when = ''): SchemaObject => {
  const name = `sections_fts_${event.toLowerCase()}`
  return trigger(
    name,
    'sections',
    `CREATE TRIGGER ${name}\nAFTER ${event} ON sections\n${when}BEGIN\n${body.join('\n')}\nEND`,
  )
}

const add = `  INSERT INTO sections_fts (rowid, heading_trail, text, key)
  VALUES (NEW.seq, NEW.heading_trail, NEW.text, NEW.key);`

/** The index forgets a row only when it is told the very words it was given. */
const remove = `  INSERT INTO sections_fts (sections_fts, rowid, heading_trail, text, key)
  VALUES ('delete', OLD.seq, OLD.heading_trail, OLD.text, OLD.key);`

/** `sections` refuses a key that is there, so no REPLACE takes a row away unheard: see its guard. */
export const fullTextTriggers: readonly SchemaObject[] = [
  on('INSERT', [add]),
  on(
    'UPDATE',
    [remove, add],
    `WHEN OLD.heading_trail <> NEW.heading_trail OR OLD.text <> NEW.text OR OLD.key <> NEW.key\n`,
  ),
  on('DELETE', [remove]),
]
