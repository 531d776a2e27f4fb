import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { openDatabase } from '@holdfast/store/sqlite'

const LAST = 50

/**
 * What somebody needs who is to find out why a target was missed: settings, counts, the last fifty checkpoints, items and
 * events, what keys there are, and who holds which lock. Call it once no process has the file open.
 *
 * @param {string} path The database.
 */
export const dumpOf = (path) => {
  const connection = openDatabase({ path, role: 'reader' })
  try {
    const rows = (sql) => connection.prepare(sql).all()
    return {
      settings: settingsOf(connection, rows),
      counts: countsOf(rows),
      lastItems: rows(`SELECT * FROM work_items ORDER BY updated_at_ms DESC, seq DESC LIMIT ${LAST}`),
      lastCheckpoints: rows(`SELECT * FROM checkpoints ORDER BY seq DESC LIMIT ${LAST}`),
      lastEvents: rows(`SELECT * FROM events ORDER BY at_ms DESC, work_item_seq DESC, position DESC LIMIT ${LAST}`),
      keys: rows(
        `SELECT state, count(*) AS count, min(created_at_ms) AS oldest, max(fencing_token) AS highestToken
         FROM idempotency_keys GROUP BY state`,
      ),
      processes: rows('SELECT * FROM processes ORDER BY started_at_ms DESC LIMIT 50'),
      locks: locksOf(path),
    }
  } finally {
    connection.close()
  }
}

const PRAGMAS = ['journal_mode', 'synchronous', 'foreign_keys', 'recursive_triggers', 'wal_autocheckpoint', 'page_size']

const settingsOf = ({ driver, sqliteVersion, durability }, rows) => ({
  driver,
  sqliteVersion,
  durability,
  properties: rows('SELECT name, value FROM store_properties'),
  ...Object.fromEntries(PRAGMAS.map((name) => [name, Object.values(rows(`PRAGMA ${name}`)[0] ?? {})[0]])),
})

const countsOf = (rows) => ({
  tasks: rows('SELECT state, count(*) AS count FROM tasks GROUP BY state'),
  workItems: rows('SELECT state, count(*) AS count FROM work_items GROUP BY state'),
  checkpoints: rows('SELECT type, count(*) AS count FROM checkpoints GROUP BY type'),
  events: rows('SELECT type, count(*) AS count FROM events GROUP BY type'),
})

/** The files beside the database by which processes speak to each other, and what the system knows of their locks. */
const locksOf = (path) => {
  const folder = dirname(path)
  const beside = readdirSync(folder, { recursive: true }).filter((name) => name.startsWith(basename(path)))
  const files = beside.map((name) => {
    const { size, ino, atimeMs, mtimeMs } = statSync(`${folder}/${name}`)
    return { name, size, ino, atimeMs, mtimeMs }
  })
  return { files, held: heldLocks(new Set(files.map(({ ino }) => String(ino)))) }
}

/** Linux tells; elsewhere nothing is known. */
const heldLocks = (inodes) => {
  if (!existsSync('/proc/locks')) return undefined
  const lines = readFileSync('/proc/locks', 'utf8').split('\n')
  return lines.filter((line) => inodes.has(/:(\d+) \d+ (?:\d+|EOF)$/.exec(line)?.[1]))
}
