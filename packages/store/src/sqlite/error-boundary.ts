import { Buffer } from 'node:buffer'
import { JSON_ENCODING } from '@holdfast/schema'
import { sql } from 'drizzle-orm'
import type { SqliteDatabase } from './connection.js'
import { preparedChange } from './prepared.js'
import type { FoundLease } from './recovery.js'

const p = sql.placeholder

/** What an `error_boundary` checkpoint keeps of an attempt that ended without its owner. */
interface ErrorBoundary {
  readonly id: string
  readonly lease: FoundLease
  readonly error: object
  readonly willRetry: boolean
  /** The token that the recovery raised the item to. */
  readonly token: number
  readonly nowMs: number
}

/** Writes an `error_boundary` at the item's next position. A plain INSERT: an id that exists is an error here. */
export const preparedErrorBoundary = (db: SqliteDatabase): ((boundary: ErrorBoundary) => void) => {
  const insert = preparedChange(
    db,
    sql`
      insert into checkpoints (
        tenant, id, task_seq, work_item_seq, position, type, is_replayed, fencing_token, attempt, snapshot, encoding,
        raw_bytes, created_at_ms
      )
      select
        ${p('tenant')}, ${p('id')}, ${p('taskSeq')}, stream.work_item_seq, stream.checkpoint_position + 1,
        'error_boundary', 0, ${p('token')}, ${p('attempt')}, ${p('snapshot')}, ${p('encoding')}, ${p('rawBytes')},
        ${p('nowMs')}
      from work_item_streams stream
      where stream.work_item_seq = ${p('seq')}`,
  )
  return ({ id, lease, error, willRetry, token, nowMs }) => {
    const { attempt, maxAttempts, owner, acquiredAtMs, leaseExpiresAtMs, heartbeatAtMs } = lease
    const snapshot = JSON.stringify({
      error,
      attempt,
      maxAttempts,
      willRetry,
      lease: { owner, fencingToken: lease.fencingToken, acquiredAtMs, expiresAtMs: leaseExpiresAtMs, heartbeatAtMs },
      atMs: nowMs,
    })
    const { tenant, taskSeq, seq } = lease
    const rawBytes = Buffer.byteLength(snapshot)
    insert({ tenant, id, taskSeq, seq, token, attempt, snapshot, encoding: JSON_ENCODING, rawBytes, nowMs })
  }
}
