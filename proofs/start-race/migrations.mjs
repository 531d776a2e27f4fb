import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { migrationsFolder } from '@holdfast/store/sqlite'

/** Rows enough that a migration takes a while, and that its pages no longer fit into the cache. */
const ROWS = 40_000

/** Each step leaves a trace each time it runs: a step that runs twice must not be stopped by what it made the first time. */
const STEPS = [
  `CREATE TABLE IF NOT EXISTS ran (step INTEGER NOT NULL) STRICT;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS ballast (id INTEGER PRIMARY KEY, content BLOB) STRICT;
--> statement-breakpoint
INSERT INTO ran (step) VALUES (1);`,
  `INSERT INTO ballast (content)
  WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ${ROWS})
  SELECT zeroblob(200) FROM counted;
--> statement-breakpoint
INSERT INTO ran (step) VALUES (2);`,
]

/**
 * The shipped migrations, and `more` steps on top of them as later releases would bring.
 *
 * @param {string} folder Where to write them.
 * @param {number} more 0 to 2.
 * @returns {{ folder: string, versions: number[], steps: number[] }}
 */
export const migrationsWith = (folder, more) => {
  mkdirSync(folder, { recursive: true })
  cpSync(migrationsFolder('sqlite'), folder, { recursive: true })
  const journalFile = join(folder, 'meta/_journal.json')
  const journal = JSON.parse(readFileSync(journalFile, 'utf8'))
  const shipped = journal.entries.length
  for (const [index, text] of STEPS.slice(0, more).entries()) {
    const tag = `${String(shipped + index).padStart(4, '0')}_step_${index + 1}`
    writeFileSync(join(folder, `${tag}.sql`), text)
    journal.entries.push({ idx: shipped + index, version: '6', when: 0, tag, breakpoints: true })
  }
  writeFileSync(journalFile, JSON.stringify(journal))
  const upTo = (count) => Array.from({ length: count }, (_, index) => index + 1)
  return { folder, versions: upTo(shipped + more), steps: upTo(more) }
}
