import { sql } from 'drizzle-orm'
import { granted } from '../operation.js'
import {
  continueCancellations,
  expireKeys,
  failOverdue,
  promoteDue,
  recoverExpired,
  recoverProcess,
  type SeenLease,
  watchLeases,
} from '../sweep.js'
import { preparedCancellation } from './cancellation.js'
import { preparedFloor } from './fencing-floor.js'
import { isKeyLeaseOver, KEY_LEASE_ENDED, overdueValues } from './key-lease.js'
import { LEASE_CLEARED } from './lease-columns.js'
import { oneStatement, read, ringsWhen, severalStatements, type SqliteBinding } from './module.js'
import { preparedChange, preparedRows } from './prepared.js'
import { preparedPromotion } from './promotion.js'
import { FOUND_LEASE, type FoundLease, preparedRecovery } from './recovery.js'

const p = sql.placeholder

/** The leases that ran out first. */
const EXPIRED = sql`
  select ${FOUND_LEASE} from work_items
  where state = 'running' and lease_expires_at_ms <= ${p('nowMs')}
  order by lease_expires_at_ms, seq
  limit ${p('limit')}`

const recoverExpiredBinding = severalStatements(recoverExpired, (db) => {
  const expired = preparedRows<FoundLease>(db, EXPIRED)
  const stillAsSeen = preparedRows<FoundLease>(
    db,
    sql`
      select ${FOUND_LEASE} from work_items
      where tenant = ${p('tenant')} and id = ${p('workItemId')} and state = 'running'
        and fencing_token = ${p('fencingToken')} and lease_expires_at_ms = ${p('leaseExpiresAtMs')}`,
  )
  const recover = preparedRecovery(db)
  return ({ sweeper, limit, checkpointIds, overdue, isClockTrusted, nowMs }) => {
    const bySeq = new Map<number, FoundLease>()
    if (isClockTrusted) for (const lease of expired({ nowMs, limit })) bySeq.set(lease.seq, lease)
    for (const seen of overdue) {
      if (bySeq.size >= limit) break
      for (const lease of stillAsSeen(seen)) bySeq.set(lease.seq, lease)
    }
    return granted(recover([...bySeq.values()], { reason: 'expired', sweeper, nowMs }, checkpointIds))
  }
})

const recoverProcessBinding = severalStatements(recoverProcess, (db) => {
  const markDead = preparedChange(
    db,
    sql`
      update processes set state = 'dead', ended_at_ms = ${p('nowMs')}
      where id = ${p('processId')} and state = 'alive'`,
  )
  const held = preparedRows<FoundLease>(
    db,
    sql`
      select ${FOUND_LEASE} from work_items
      where process_id = ${p('processId')} and state = 'running'
      order by seq
      limit ${p('limit')}`,
  )
  const endKeys = preparedChange(
    db,
    sql`
      update idempotency_keys set lease_expires_at_ms = ${KEY_LEASE_ENDED}
      where seq in (
        select seq from idempotency_keys
        where process_id = ${p('processId')} and state = 'pending' and lease_expires_at_ms > ${KEY_LEASE_ENDED}
        limit ${p('limit')}
      )`,
  )
  const recover = preparedRecovery(db)
  return ({ processId, sweeper, limit, checkpointIds, nowMs }) => {
    markDead({ processId, nowMs })
    const keys = endKeys({ processId, nowMs, limit })
    const recovery = recover(held({ processId, limit }), { reason: 'process_dead', sweeper, nowMs }, checkpointIds)
    // An item that can't be recovered stays: it must not make the caller come back for it for ever.
    const progress = recovery.recovered.length + recovery.failed.length > 0 || keys > 0
    const remaining = progress && (keys >= limit || held({ processId, limit: 1 }).length > 0)
    return granted({ ...recovery, remaining })
  }
})

const promoteBinding = oneStatement(promoteDue, (db) => {
  const { promote, nextDueAtMs } = preparedPromotion(db)
  return ({ limit, nowMs }) => granted({ promoted: promote(limit, nowMs), nextDueAtMs: nextDueAtMs() })
})

/** Nobody works on these, so nobody else would notice. Running ones are ended by their worker, or by their lease. */
const FAIL_OVERDUE = sql`
  update work_items
  set state = 'failed', reason = 'deadline', waiting_reason = null,
    fencing_token = fencing_token + 1, ${LEASE_CLEARED},
    error = json_object(
      'code', 'work_item.deadline_exceeded', 'message', 'its deadline passed before it was done',
      'deadlineAtMs', deadline_at_ms
    ),
    finished_at_ms = ${p('nowMs')}, updated_at_ms = ${p('nowMs')}
  where seq in (
    select seq from work_items
    where deadline_at_ms is not null and state <> 'running' and finished_at_ms is null
      and deadline_at_ms <= ${p('nowMs')}
    order by deadline_at_ms
    limit ${p('limit')}
  )
  returning seq`

const failOverdueBinding = oneStatement(failOverdue, (db) => {
  const update = preparedRows<{ seq: number }>(db, FAIL_OVERDUE)
  return (args) => granted({ failed: update(args).length })
})

const cancellationsBinding = severalStatements(continueCancellations, (db) => {
  const unfinished = preparedRows<{ seq: number }>(
    db,
    sql`
      select seq from tasks
      where state = 'active' and cancel_requested_at_ms is not null
      order by cancel_requested_at_ms
      limit 1`,
  )
  const cancelItems = preparedCancellation(db)
  return ({ limit, nowMs }) => {
    let cancelled = 0
    let [task] = unfinished()
    while (task && cancelled < limit) {
      const step = cancelItems(task.seq, limit - cancelled, nowMs)
      cancelled += step.cancelled
      // A task with no open item has ended: one that is still first has items left, past the limit.
      ;[task] = unfinished()
    }
    return granted({ cancelled, remaining: task !== undefined })
  }
})

const expireKeysBinding = severalStatements(expireKeys, (db) => {
  const expired = preparedRows<{ seq: number }>(
    db,
    sql`
      select seq from idempotency_keys
      where expires_at_ms <= ${p('nowMs')} and (state <> 'pending' or ${isKeyLeaseOver(sql`idempotency_keys`)})
      order by expires_at_ms
      limit ${p('limit')}`,
  )
  const permit = preparedChange(
    db,
    sql`insert into retention_permits (kind, row_seq) values ('idempotency_key', ${p('seq')})`,
  )
  const remove = preparedChange(db, sql`delete from idempotency_keys where seq = ${p('seq')}`)
  const withdraw = preparedChange(
    db,
    sql`delete from retention_permits where kind = 'idempotency_key' and row_seq = ${p('seq')}`,
  )
  const raiseFloor = preparedFloor(db, 'idempotency_keys', sql`doomed.seq = ${p('seq')}`)
  return (args) => {
    const keys = expired({ ...args, ...overdueValues({ overdue: null }) })
    for (const key of keys) {
      raiseFloor(key)
      permit(key)
      remove(key)
      withdraw(key)
    }
    return granted({ deleted: keys.length })
  }
})

const WATCH = sql`
  select seq, tenant, id as "workItemId", fencing_token as "fencingToken", lease_ms as "leaseMs",
    lease_expires_at_ms as "leaseExpiresAtMs"
  from work_items
  where state = 'running' and (lease_expires_at_ms, seq) > (${p('afterExpiresAtMs')}, ${p('afterSeq')})
  order by lease_expires_at_ms, seq
  limit ${p('limit')}`

const watchBinding = read(watchLeases, (db) => {
  const page = preparedRows<SeenLease>(db, WATCH)
  return ({ after, limit }) =>
    granted(page({ afterExpiresAtMs: after?.leaseExpiresAtMs ?? -1, afterSeq: after?.seq ?? 0, limit }))
})

export const sweepBindings: readonly SqliteBinding[] = [
  ringsWhen(recoverExpiredBinding, ({ recovered }) => recovered.length > 0),
  ringsWhen(recoverProcessBinding, ({ recovered }) => recovered.length > 0),
  ringsWhen(promoteBinding, ({ promoted }) => promoted > 0),
  failOverdueBinding,
  cancellationsBinding,
  expireKeysBinding,
  watchBinding,
]
