import type { IdempotencyState } from '@holdfast/schema'
import { sql } from 'drizzle-orm'
import { granted, refused, type Verdict } from '../operation.js'
import type { Payload } from '../payload.js'
import type { SubmitTaskArgs } from '../tasks.js'
import type { SqliteDatabase } from './connection.js'
import { FENCING_FLOOR } from './fencing-floor.js'
import { isKeyLeaseOver, KEY_LEASE_ENDED, overdueValues } from './key-lease.js'
import { payloadOrNull } from './payload-columns.js'
import { preparedChange, preparedRows } from './prepared.js'

const p = sql.placeholder

type Key = NonNullable<SubmitTaskArgs['idempotency']>

interface Replay {
  readonly response: Payload | null
  /** Null once the task was deleted: the key outlives it. */
  readonly taskId: string | null
}

/**
 * The idempotency key of a submission. It is written in the transaction of its effect, so nobody ever works under it:
 * it is born completed, or taken over and completed at once where an expired or failed one was in its place.
 */
export const preparedSubmissionKey = (
  db: SqliteDatabase,
): {
  /** What the key says already: an answer to replay, a refusal, or null when the caller is to submit. */
  find(tenant: string, key: Key, nowMs: number): Verdict<Replay> | null
  /** Writes the key with its answer. */
  keep(tenant: string, key: Key, taskSeq: number, nowMs: number): void
} => {
  const look = preparedRows<{
    requestHash: string
    state: IdempotencyState
    fencingToken: number
    leaseMs: number | null
    leaseExpiresAtMs: number | null
    isLeaseOver: number | null
    response: string | null
    responseEncoding: string | null
    expiresAtMs: number
    taskId: string | null
  }>(
    db,
    sql`
      select key.request_hash as "requestHash", key.state, key.fencing_token as "fencingToken",
        key.lease_ms as "leaseMs", key.lease_expires_at_ms as "leaseExpiresAtMs", ${isKeyLeaseOver(sql`key`)} as "isLeaseOver",
        key.response, key.response_encoding as "responseEncoding", key.expires_at_ms as "expiresAtMs",
        task.id as "taskId"
      from idempotency_keys key
      left join tasks task on task.seq = key.task_seq
      where key.tenant = ${p('tenant')} and key.key = ${p('key')}`,
  )
  const insert = preparedRows<{ seq: number }>(
    db,
    sql`
      insert into idempotency_keys (
        tenant, key, request_hash, state, fencing_token, settle_token, response, response_encoding, task_seq,
        created_at_ms, finished_at_ms, expires_at_ms
      )
      select
        ${p('tenant')}, ${p('key')}, ${p('requestHash')}, 'completed', ${FENCING_FLOOR} + 1,
        ${FENCING_FLOOR} + 1, ${p('response')}, ${p('encoding')},
        ${p('taskSeq')}, ${p('nowMs')}, ${p('nowMs')}, ${p('expiresAtMs')}
      where not exists (
        select 1 from idempotency_keys known where known.tenant = ${p('tenant')} and known.key = ${p('key')}
      )
      returning seq`,
  )
  const takeOver = preparedChange(
    db,
    sql`
      update idempotency_keys
      set state = 'pending', fencing_token = fencing_token + 1, settle_token = null, request_hash = ${p('requestHash')},
        owner = 'submit', process_id = null, lease_ms = 0,
        lease_expires_at_ms = ${KEY_LEASE_ENDED}, response = null,
        response_encoding = null, error = null, task_seq = ${p('taskSeq')}, work_item_seq = null,
        created_at_ms = ${p('nowMs')}, finished_at_ms = null, expires_at_ms = ${p('expiresAtMs')}
      where tenant = ${p('tenant')} and key = ${p('key')}`,
  )
  const complete = preparedChange(
    db,
    sql`
      update idempotency_keys
      set state = 'completed', settle_token = fencing_token, response = ${p('response')},
        response_encoding = ${p('encoding')}, owner = null, lease_ms = null, lease_expires_at_ms = null,
        finished_at_ms = ${p('nowMs')}
      where tenant = ${p('tenant')} and key = ${p('key')} and state = 'pending'`,
  )
  return {
    find: (tenant, { key, requestHash, trust }, nowMs) => {
      const { trustedLeaseMs } = trust
      const [known] = look({ tenant, key, nowMs, trustedLeaseMs, ...overdueValues(trust) })
      if (!known) return null
      const isHeld = known.state === 'pending' && known.isLeaseOver !== 1
      const isExpired = known.expiresAtMs <= nowMs
      if (isExpired && !isHeld) return null
      if (!isExpired && known.requestHash !== requestHash) {
        return refused('idempotency.conflict', `the key ${key} was used for another request`, {
          key,
          requestHash: known.requestHash,
        })
      }
      if (known.state === 'completed') {
        return granted({ response: payloadOrNull(known.response, known.responseEncoding), taskId: known.taskId })
      }
      if (!isHeld) return null
      return refused('idempotency.in_progress', `another caller works under the key ${key}`, {
        key,
        fencingToken: known.fencingToken,
        leaseMs: known.leaseMs,
        leaseExpiresAtMs: known.leaseExpiresAtMs,
      })
    },
    keep: (tenant, { key, requestHash, response, expiresAtMs }, taskSeq, nowMs) => {
      const values = {
        tenant,
        key,
        requestHash,
        response: response.data,
        encoding: response.encoding,
        taskSeq,
        nowMs,
        expiresAtMs,
      }
      if (insert(values).length === 1) return
      takeOver(values)
      complete(values)
    },
  }
}
