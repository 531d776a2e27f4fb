import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { openDatabase } from '@holdfast/store/sqlite'
import { prove } from '../../packages/store/dist/sqlite/backup/prove.js'

/** What people stored, in an order of its own; processes and properties come and go with who opened the file. */
const TABLES = ['tasks', 'work_items', 'work_item_streams', 'checkpoints', 'events', 'idempotency_keys']

/**
 * Opens a database as the next process that starts would, and says what is in it.
 *
 * @template T
 * @param {string} path
 * @param {(connection: import('@holdfast/store/sqlite').Connection) => T} look
 */
export const opened = (path, look) => {
  const connection = openDatabase({ path, role: 'writer', create: true })
  try {
    return look(connection)
  } finally {
    connection.close()
  }
}

/** Equal for files that hold the same rows. */
export const rowsDigest = (connection) => {
  const hash = createHash('sha256')
  for (const table of TABLES) {
    hash.update(table)
    for (const row of connection.prepare(`SELECT * FROM ${table}`).all()) hash.update(JSON.stringify(row))
  }
  return hash.digest('hex')
}

/** What contradicts itself in a store: texts. */
export const contradictions = (connection) =>
  prove(connection, Date.now()).findings.map(({ code, message }) => `${code}: ${message}`)

/** Equal for files of the same bytes; undefined where there is none. */
export const bytesDigest = (path) =>
  statSync(path, { throwIfNoEntry: false }) && createHash('sha256').update(readFileSync(path)).digest('hex')

export const valuesOf = (connection, sql, ...params) =>
  connection
    .prepare(sql)
    .all(...params)
    .map((row) => Object.values(row)[0])
