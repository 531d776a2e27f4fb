import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sqlite as core } from '../../src/sqlite/core.js'
import type { Connection } from '../../src/sqlite/connection.js'
import { openDatabase } from '../../src/sqlite/database.js'
import { migrationsFolder } from '../../src/sqlite/migration-files.js'
import { migrate } from '../../src/sqlite/migrator.js'
import { plansOf } from '../plans-records/plans.js'

const ROWS = 1_000_000
/** Items of one task: some tasks fan out. */
const ITEMS_PER_TASK = 100

/** Rows as the store would leave them, a tenth of them in each of the less common states. */
const FILL = `
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
  INSERT INTO work_items (seq, tenant, id, task_seq, is_root, type, queue, priority, state, reason, waiting_reason,
    visible_at_ms, deadline_at_ms, attempt, max_attempts, fencing_token, lease_owner, process_id, lease_ms,
    lease_acquired_at_ms, lease_expires_at_ms, is_ahead, input, input_encoding, created_at_ms, finished_at_ms,
    updated_at_ms)
  SELECT i, 'tenant-' || (i % 3), printf('%012d', i), 1 + i / ${ITEMS_PER_TASK}, 0, 'type', 'queue-' || (i % 7), i % 5,
    state, CASE WHEN state IN ('running', 'completed') THEN 'claimed' ELSE 'enqueued' END,
    CASE WHEN state = 'waiting' THEN 'signal' END, i, CASE WHEN i % 50 = 0 THEN i END, 0, 3, 0,
    CASE WHEN state = 'running' THEN 'owner' END, CASE WHEN state = 'running' THEN 'process-' || (i % 9) END,
    CASE WHEN state = 'running' THEN 1 END, CASE WHEN state = 'running' THEN 1 END,
    CASE WHEN state = 'running' THEN i END, 0, 'null', 'json', 1, CASE WHEN state = 'completed' THEN i END, 1
  FROM (SELECT i, CASE i % 10 WHEN 0 THEN 'running' WHEN 1 THEN 'scheduled' WHEN 2 THEN 'waiting'
    WHEN 3 THEN 'completed' WHEN 4 THEN 'completed' ELSE 'pending' END AS state FROM n)`

const few = (table: string, columns: string, values: string, rows: number): string => `
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
  INSERT INTO ${table} (${columns}) SELECT ${values} FROM n`

const TASKS = few(
  'tasks',
  'seq, tenant, id, type, state, failure_policy, created_at_ms, finished_at_ms, cancel_requested_at_ms',
  `i, 'tenant-' || (i % 3), printf('%012d', i), 'type', CASE WHEN i % 2 THEN 'active' ELSE 'completed' END, 'any', 1,
   CASE WHEN i % 2 THEN NULL ELSE i END, CASE WHEN i % 20 = 1 THEN i END`,
  ROWS / ITEMS_PER_TASK + 1,
)
const KEYS = few(
  'idempotency_keys',
  `seq, tenant, key, request_hash, state, fencing_token, settle_token, response, response_encoding, created_at_ms,
   finished_at_ms, expires_at_ms`,
  `i, 'tenant-' || (i % 3), printf('%012d', i), 'sha256:' || printf('%064d', i), 'completed', 1, 1, 'null', 'json', 1, 1, i`,
  100_000,
)
const CHECKPOINTS = few(
  'checkpoints',
  `seq, tenant, id, task_seq, work_item_seq, position, type, is_replayed, fencing_token, attempt, snapshot, encoding,
   raw_bytes, created_at_ms`,
  `i, 'tenant-' || (i % 3), printf('%012d', i), 1 + i / 1000, 1 + i / 10, 1 + i % 10, 'manual_checkpoint', 0, 1, 1, '1', 'json', 1, 1`,
  100_000,
)

/** Triggers guard how rows come to be; here only what they are counts. */
const withoutTriggers = (connection: Connection, fill: () => void): void => {
  const triggers = connection.prepare(`SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`).all()
  for (const { name } of triggers) connection.exec(`DROP TRIGGER ${String(name)}`)
  fill()
  for (const { sql } of triggers) connection.exec(String(sql))
}

let connection: Connection

beforeAll(() => {
  connection = openDatabase({ path: ':memory:', role: 'writer', durability: 'none' })
  migrate(connection, { folder: migrationsFolder('sqlite'), storeId: 'million', nowMs: 0 })
  withoutTriggers(connection, () => {
    for (const statement of [TASKS, FILL, KEYS, CHECKPOINTS]) connection.exec(statement)
  })
}, 120_000)

afterAll(() => connection.close())

/**
 * A walk over a whole table or index, or a sort. What a statement makes of its own parameters is neither, nor is a look
 * into the list of tables (`found`).
 */
const COSTLY = /SCAN (?!CONSTANT ROW|\(subquery|\w+ VIRTUAL TABLE|told|found)[^\n]*|[^\n]*TEMP B-TREE[^\n]*/

/**
 * A page of the processes is a walk along the table in its own order, until the page is full; the list of tables is as
 * long as the schema, whatever is in them.
 */
const WALKS = new Set(['processes.list', 'file.tables'])

const operations = core.bindings.filter(({ op }) => !WALKS.has(op.name)).map(({ op }) => [op.name, op] as const)

describe('with a million items', () => {
  it('are there to be walked over', () => {
    expect(connection.prepare('SELECT count(*) AS items FROM work_items').get()).toMatchObject({ items: ROWS })
  })

  it.each(operations)('no statement of %s walks over a table or sorts', (_, op) => {
    for (const plan of plansOf(connection, op)) expect(plan).not.toMatch(COSTLY)
  })

  describe('and the statistics that ANALYZE makes of them', () => {
    beforeAll(() => connection.exec('ANALYZE'), 60_000)

    it.each(operations)('no statement of %s walks over a table or sorts', (_, op) => {
      for (const plan of plansOf(connection, op)) expect(plan).not.toMatch(COSTLY)
    })
  })
})
