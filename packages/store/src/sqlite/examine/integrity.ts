import type { Finding } from './finding.js'
import type { Look } from './look.js'

/** Contradictions that are told at most; one is reason enough to restore. */
const MOST = 5

/**
 * SQLite's own check of the file. The quick one reads every page and looks at each tree by itself; the full one
 * also compares every index with its table, and takes several times as long.
 */
export function* integrity({ connection, full }: Look): Iterable<Finding> {
  const answers = connection
    .prepare(full ? `PRAGMA integrity_check(${MOST})` : `PRAGMA quick_check(${MOST})`)
    .raw()
    .all()
  const damage = answers.map(([answer]) => String(answer)).filter((answer) => answer !== 'ok')
  if (damage.length > 0) yield corrupt(damage.join('; '))
}

/** The file is damaged, whichever statement noticed it. */
export const corrupt = (message: string): Finding => ({
  code: 'store.corrupt',
  severity: 'problem',
  message: `the file contradicts itself: ${message}`,
  fix: 'stop every process on this file, keep a copy of it with its -wal, and restore a backup: holdfast restore <backup> --to <file>',
})

/** A row that points at nothing: somebody wrote with foreign keys off. */
export function* foreignKeys({ connection }: Look): Iterable<Finding> {
  const orphans = connection.prepare('PRAGMA foreign_key_check').raw().all()
  if (orphans.length > 0)
    yield {
      code: 'store.foreign_keys',
      severity: 'problem',
      message: `${orphans.length} rows point at rows that are not there, first in ${String(orphans[0]?.[0])}`,
      fix: 'somebody wrote with foreign_keys off; find that writer, then restore a backup or mend the rows',
    }
}
