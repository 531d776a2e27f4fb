import { NotADatabaseError } from '../../errors.js'
import type { Connection } from '../connection.js'
import { toStoreError } from '../database-errors.js'
import type { Finding } from '../examine/finding.js'
import { fencing } from '../examine/fencing.js'
import { corrupt, foreignKeys, integrity } from '../examine/integrity.js'
import { journal } from '../examine/journal.js'
import { type Check, counted, countOf, type Look } from '../examine/look.js'
import { schemaDrift } from '../examine/schema-drift.js'
import { leftPermits } from '../examine/stuck-work.js'

/** What a copy holds, and what contradicts itself in it. */
export interface Proof {
  /** Names the store for ever: a copy has the name of its original. */
  readonly storeId: string
  readonly durability: string
  readonly schemaVersions: Readonly<Record<string, number>>
  /** Rows by table. */
  readonly rows: Readonly<Record<string, number>>
  readonly findings: readonly Finding[]
}

/**
 * Proves a file that nobody else uses: every page and index, every reference, the schema against its migrations, and what
 * the store promises of its rows. Each terminal item ended once in its journal, in the state that it has; journals are
 * without holes; a task has ended exactly when all of its items have; no token is behind what was written under it; no
 * permit outlived its transaction.
 *
 * It says what contradicts itself. It can't say what is missing altogether.
 */
export const prove = (connection: Connection, nowMs: number): Proof => {
  const { path, durability } = connection
  const storeId = storeIdOf(connection)
  if (storeId === undefined)
    throw new NotADatabaseError(`${path} holds no store of Holdfast`, { path, found: 'another database' })
  const at: Look = { connection, nowMs, full: true }
  const findings = CHECKS.flatMap((check) => outcomeOf(check, at)).filter(({ severity }) => severity === 'problem')
  return {
    storeId,
    durability,
    schemaVersions: counted(connection, 'SELECT scope AS name, version AS count FROM schema_versions'),
    rows: rowsOf(connection),
    findings,
  }
}

/** Damage that keeps a check from its end is a finding like any other. */
const outcomeOf = (check: Check['look'], at: Look): readonly Finding[] => {
  try {
    return [...check(at)]
  } catch (error) {
    const { code, message } = toStoreError(error)
    if (code === 'store.corrupt') return [corrupt(message)]
    throw error
  }
}

/** One line that says what was found. */
export const listed = (findings: readonly Finding[]): string =>
  findings.map(({ code, message }) => `${code}: ${message}`).join('; ')

const storeIdOf = (connection: Connection): string | undefined => {
  const hasProperties = connection.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'store_properties'`).get()
  if (!hasProperties) return undefined
  const row = connection.prepare(`SELECT value FROM store_properties WHERE name = 'store_id'`).get()
  return row && String(row.value)
}

/** A task ends with its last item, in one statement: half of that is no state to be in. */
function* settled({ connection }: Look): Iterable<Finding> {
  const unsettled = countOf(
    connection,
    `SELECT count(*) AS count FROM tasks AS task WHERE (task.state = 'active') <> EXISTS (
       SELECT 1 FROM work_items AS item
       WHERE item.task_seq = task.seq AND item.state IN ('scheduled', 'pending', 'running', 'waiting'))`,
  )
  if (unsettled > 0)
    yield {
      code: 'task.without_items',
      severity: 'problem',
      message: `${unsettled} tasks have ended before their items, or not with them`,
      fix: 'somebody wrote around the triggers: use another backup',
    }
}

const CHECKS: readonly Check['look'][] = [integrity, schemaDrift, foreignKeys, journal, fencing, settled, leftPermits]

const TABLES = ['tasks', 'work_items', 'checkpoints', 'events', 'idempotency_keys', 'documents', 'sections'] as const

const rowsOf = (connection: Connection): Proof['rows'] =>
  Object.fromEntries(TABLES.map((table) => [table, countOf(connection, `SELECT count(*) AS count FROM ${table}`)]))
