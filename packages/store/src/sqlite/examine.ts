import { existsSync, statSync } from 'node:fs'
import { knownDefects } from './known-defects.js'
import type { Connection, SqlValue } from './connection.js'
import { openDatabase } from './database.js'
import { toStoreError } from './database-errors.js'

/** Something that wants a person's eye, and what to do about it. */
export interface Finding {
  readonly code: string
  /** `problem`: a promise is at stake or work is stuck. `notice`: worth knowing. */
  readonly severity: 'problem' | 'notice'
  readonly message: string
  readonly fix: string
}

/** The state of one database file, at one moment. */
export interface Examination {
  readonly path: string
  readonly driver: string
  readonly sqliteVersion: string
  readonly durability: string
  readonly settings: Readonly<Record<string, SqlValue>>
  readonly schemaVersions: Readonly<Record<string, number>>
  readonly fileBytes: number
  readonly walBytes: number
  readonly tasks: Readonly<Record<string, number>>
  readonly workItems: Readonly<Record<string, number>>
  readonly processesAlive: number
  readonly findings: readonly Finding[]
}

export interface ExamineOptions {
  readonly path: string
  readonly nowMs: number
  /** Reads every page and compares every index with its table, instead of the quick way. */
  readonly full?: boolean
}

/** The checkpoint cycle keeps the WAL below this; beyond it a reader holds it up, or nobody writes any more. */
const WAL_BOUND_BYTES = 67_108_864
/** A due item that nobody has promoted or claimed for so long: no worker takes its queue. */
const STUCK_MS = 60_000
/** A lease that nobody has taken back for so long after its end: no sweeper runs. */
const UNSWEPT_MS = 10_000

/**
 * Looks at a database file through a connection that can't write. Call it in a process of its own: it is a person's
 * tool, and its integrity check may take minutes.
 *
 * @throws {NotADatabaseError} `store.not_a_database`
 * @throws {StoreMissingError} `store.missing`
 */
export const examine = ({ path, nowMs, full = false }: ExamineOptions): Examination => {
  const connection = openDatabase({ path, role: 'reader' })
  try {
    const walPath = `${connection.path}-wal`
    const about = {
      path: connection.path,
      driver: connection.driver,
      sqliteVersion: connection.sqliteVersion,
      durability: connection.durability,
      settings: Object.fromEntries(SETTINGS.map((name) => [name, connection.pragma(name)])),
      schemaVersions: counted(connection, 'SELECT scope AS name, version AS count FROM schema_versions'),
      fileBytes: statSync(connection.path).size,
      walBytes: existsSync(walPath) ? statSync(walPath).size : 0,
      tasks: counted(connection, 'SELECT state AS name, count(*) AS count FROM tasks GROUP BY state'),
      workItems: counted(connection, 'SELECT state AS name, count(*) AS count FROM work_items GROUP BY state'),
      processesAlive: countOf(connection, `SELECT count(*) AS count FROM processes WHERE state = 'alive'`),
    }
    return { ...about, findings: [...findingsOf(connection, about, { nowMs, full })] }
  } catch (error) {
    throw toStoreError(error)
  } finally {
    connection.close()
  }
}

const SETTINGS = [
  'journal_mode',
  'synchronous',
  'foreign_keys',
  'recursive_triggers',
  'wal_autocheckpoint',
  'page_size',
]

type About = Omit<Examination, 'findings'>

function* findingsOf(
  connection: Connection,
  about: About,
  { nowMs, full }: { readonly nowMs: number; readonly full: boolean },
): Generator<Finding> {
  const answers = connection
    .prepare(full ? 'PRAGMA integrity_check(5)' : 'PRAGMA quick_check(5)')
    .raw()
    .all()
  const damage = answers.map(([answer]) => String(answer)).filter((answer) => answer !== 'ok')
  if (damage.length > 0)
    yield {
      code: 'store.corrupt',
      severity: 'problem',
      message: `the file contradicts itself: ${damage.join('; ')}`,
      fix: 'stop every process on this file, keep a copy of it with its -wal, and restore a backup',
    }

  const orphans = connection.prepare('PRAGMA foreign_key_check').raw().all()
  if (orphans.length > 0)
    yield {
      code: 'store.foreign_keys',
      severity: 'problem',
      message: `${orphans.length} rows point at rows that are not there, first in ${String(orphans[0]?.[0])}`,
      fix: 'somebody wrote with foreign_keys off; find that writer, then restore a backup or mend the rows',
    }

  const permits = countOf(connection, 'SELECT count(*) AS count FROM retention_permits')
  if (permits > 0)
    yield {
      code: 'retention.permit_left',
      severity: 'problem',
      message: `${permits} retention permits outlived their transaction: their rows can be deleted by anyone`,
      fix: 'delete the rows of retention_permits, and find who wrote them',
    }

  if (about.walBytes > WAL_BOUND_BYTES)
    yield {
      code: 'wal.large',
      severity: 'notice',
      message: `the write-ahead log has ${about.walBytes} bytes`,
      fix: 'look for a process that keeps a read transaction open on this file',
    }

  const expired = countOf(
    connection,
    `SELECT count(*) AS count FROM work_items WHERE state = 'running' AND lease_expires_at_ms < ?`,
    nowMs - UNSWEPT_MS,
  )
  if (expired > 0)
    yield {
      code: 'lease.unswept',
      severity: 'problem',
      message: `${expired} leases ran out and nobody has taken them back`,
      fix: 'start the API or a worker: both sweep',
    }

  const due = countOf(
    connection,
    `SELECT count(*) AS count FROM work_items WHERE state = 'scheduled' AND visible_at_ms < ?`,
    nowMs - STUCK_MS,
  )
  if (due > 0)
    yield {
      code: 'work_item.not_promoted',
      severity: 'problem',
      message: `${due} scheduled items have been due for a minute or more`,
      fix: 'start the API or a worker: both promote what is due',
    }

  const waiting = connection
    .prepare(
      `SELECT queue AS name, count(*) AS count FROM work_items
       WHERE state = 'pending' AND updated_at_ms < ?
       GROUP BY queue ORDER BY count DESC LIMIT 5`,
    )
    .all(nowMs - STUCK_MS)
  if (waiting.length > 0)
    yield {
      code: 'queue.unattended',
      severity: 'notice',
      message: `items have been pending for a minute or more: ${waiting.map((q) => `${q.name} (${q.count})`).join(', ')}`,
      fix: 'start a worker whose config names these tasks, or more of them',
    }

  const ahead = countOf(
    connection,
    'SELECT count(*) AS count FROM processes WHERE heartbeat_at_ms > ?',
    nowMs + STUCK_MS,
  )
  if (ahead > 0)
    yield {
      code: 'clock.ahead',
      severity: 'notice',
      message: `${ahead} processes have said they live at a time that has not come`,
      fix: 'the clock was set back, or two hosts disagree: check time synchronisation',
    }

  for (const defect of knownDefects(about.sqliteVersion)) yield { severity: 'notice', ...defect }
}

const counted = (connection: Connection, sql: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    connection
      .prepare(sql)
      .all()
      .map((row) => [String(row.name), Number(row.count)]),
  )

const countOf = (connection: Connection, sql: string, ...params: readonly SqlValue[]): number =>
  Number(connection.prepare(sql).get(...params)?.count ?? 0)
