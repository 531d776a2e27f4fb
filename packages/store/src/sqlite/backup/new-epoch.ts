import type { Connection } from '../connection.js'

/**
 * A restored file is the past of a store, and its future has happened: workers may hold leases, and keys, that the file
 * knows nothing of, with tokens that it would give out again. So it begins a new epoch of tokens, above every one that
 * can have been issued since: seconds since 2020 times 2^20. Tokens of a file grow by less than 2^20 a second over its
 * life, so at any time they are below that time's epoch, and below the epoch of every later restore, also of a second
 * one from the same backup. Where the clock can't be trusted, what the replaced file still says counts as well.
 */
const EPOCH_BEGAN_MS = Date.UTC(2020, 0, 1)
const TOKENS_PER_SECOND = 2 ** 20

export const epochAt = (nowMs: number): number =>
  Math.max(0, Math.floor((nowMs - EPOCH_BEGAN_MS) / 1_000)) * TOKENS_PER_SECOND

/** The highest token that a file has given out, as far as it knows. */
export const highestToken = (connection: Connection): number => Number(connection.prepare(HIGHEST).get()?.token ?? 0)

const HIGHEST = `
  SELECT max(
    coalesce((SELECT max(fencing_token) FROM work_items), 0),
    coalesce((SELECT max(fencing_token) FROM idempotency_keys), 0),
    coalesce((SELECT CAST(value AS INTEGER) FROM store_properties WHERE name = 'fencing_floor'), 0)
  ) AS token`

/** What a restored file no longer grants. */
export interface Revoked {
  /** No item or key of the file has a lower token from here on, and none is born below. */
  readonly token: number
  readonly leases: number
  readonly keys: number
  readonly processes: number
}

/**
 * Takes back, in one transaction, everything that the file granted when it was copied, and raises all tokens that can be
 * raised again: of open items, of keys, and the floor of what is born later. Items that have ended are never claimed
 * again, and stay as they are.
 *
 * Running items go back to their queues with their attempt: it was cut short by whoever restores, not by a failure.
 * Completed keys keep their answers; pending and failed ones wait for the same request to take them over.
 *
 * @param atLeast Another token that must be left behind: the highest of the file that is replaced.
 */
export const beginEpoch = (connection: Connection, nowMs: number, atLeast: number): Revoked =>
  connection.db.transaction(() => {
    const token = Math.max(epochAt(nowMs), highestToken(connection) + 1, atLeast + 1)
    const run = (sql: string, ...params: readonly (number | string)[]): number =>
      connection.prepare(sql).run(...params).changes
    const leases = run(RELEASE, token, nowMs)
    run(RAISE_ITEMS, token, nowMs, token)
    const keys = replaceKeys(run, token)
    const processes = run(FORGET_PROCESSES, nowMs)
    run(RAISE_FLOOR, String(token))
    return { token, leases, keys, processes }
  })

type Run = (sql: string, ...params: readonly (number | string)[]) => number

const RELEASE = `
  UPDATE work_items
  SET state = 'pending', reason = 'released', attempt = attempt - 1, fencing_token = ?, lease_owner = NULL,
    process_id = NULL, lease_ms = NULL, lease_acquired_at_ms = NULL, lease_expires_at_ms = NULL, heartbeat_at_ms = NULL,
    is_ahead = 0, updated_at_ms = ?
  WHERE state = 'running'`

const RAISE_ITEMS = `
  UPDATE work_items SET fencing_token = ?, updated_at_ms = ?
  WHERE state IN ('scheduled', 'pending', 'waiting') AND fencing_token < ?`

const KEY_COLUMNS = 'seq, tenant, key, request_hash, task_seq, work_item_seq, created_at_ms, expires_at_ms'

/**
 * A key's token moves with its owner only, one by one, so the triggers let no UPDATE raise it: each key is deleted under a
 * permit and born again. Its answer is copied by the database and keeps its bytes.
 */
const replaceKeys = (run: Run, token: number): number => {
  run(`CREATE TEMP TABLE kept_keys AS SELECT * FROM idempotency_keys`)
  run(`INSERT INTO retention_permits (kind, row_seq) SELECT 'idempotency_key', seq FROM idempotency_keys`)
  run(`DELETE FROM idempotency_keys`)
  run(`DELETE FROM retention_permits`)
  run(
    `INSERT INTO idempotency_keys (${KEY_COLUMNS}, state, fencing_token, settle_token, response, response_encoding, finished_at_ms)
     SELECT ${KEY_COLUMNS}, 'completed', ?, ?, response, response_encoding, finished_at_ms
     FROM temp.kept_keys WHERE state = 'completed'`,
    token,
    token,
  )
  const open = run(
    `INSERT INTO idempotency_keys (${KEY_COLUMNS}, state, fencing_token, owner, lease_ms, lease_expires_at_ms)
     SELECT ${KEY_COLUMNS}, 'pending', ?, 'restore', 0, 0 FROM temp.kept_keys WHERE state <> 'completed'`,
    token,
  )
  run(`DROP TABLE temp.kept_keys`)
  return open
}

const FORGET_PROCESSES = `UPDATE processes SET state = 'dead', ended_at_ms = ? WHERE state = 'alive'`

const RAISE_FLOOR = `
  INSERT INTO store_properties (name, value) VALUES ('fencing_floor', ?)
  ON CONFLICT (name) DO UPDATE SET value = excluded.value`
