import { sql } from 'drizzle-orm'
import { fail, release, type Failed, type LeaseStatus, leaseStatus, leasesOfProcess } from '../leases.js'
import { granted } from '../operation.js'
import type { LeaseRef } from '../work-items.js'
import { claimBinding } from './claim.js'
import { completionBindings } from './completion.js'
import { heartbeatBinding, startBinding } from './lease-batches.js'
import { LEASE_CLEARED } from './lease-columns.js'
import { SETTLED_BY_LEASE, UNDER_LEASE } from './lease-guard.js'
import { preparedLeaseRefusal } from './lease-refusal.js'
import { oneStatement, quickRead, read, ringsWhen, type SqliteBinding } from './module.js'
import { peekBinding } from './peek.js'
import { preparedRows } from './prepared.js'

const p = sql.placeholder

const attemptLeft = sql`(${p('retryAtMs')} is not null and attempt < max_attempts)`

/** With an attempt left and a time to try again, back to the queue; otherwise the end. One statement decides. */
const FAIL = sql`
  update work_items
  set state = case when not ${attemptLeft} then 'failed'
                   when ${p('retryAtMs')} > ${p('nowMs')} then 'scheduled'
                   else 'pending' end,
    reason = case when ${attemptLeft} then 'retry' else 'failed' end,
    settle_token = fencing_token, ${LEASE_CLEARED}, error = ${p('error')},
    visible_at_ms = case when ${attemptLeft} then ${p('retryAtMs')} else visible_at_ms end,
    finished_at_ms = case when ${attemptLeft} then null else ${p('nowMs')} end,
    updated_at_ms = ${p('nowMs')}
  where ${UNDER_LEASE}
  returning state, attempt, max_attempts as "maxAttempts"`

const failBinding = oneStatement(fail, (db) => {
  const update = preparedRows<Failed>(db, FAIL)
  const failedBefore = preparedRows<Failed>(
    db,
    sql`
      select state, attempt, max_attempts as "maxAttempts" from work_items
      where ${SETTLED_BY_LEASE} and fencing_token = settle_token and state in ('pending', 'scheduled', 'failed')
        and reason in ('retry', 'due', 'failed') and error = ${p('error')}`,
  )
  const refuse = preparedLeaseRefusal(db)
  return (args) => {
    const [row] = update(args)
    if (row) return granted(row)
    const [before] = failedBefore(args)
    return before ? granted(before) : refuse(args)
  }
})

/** Neither a failure nor an end: the attempt is given back, and the token raised, so that the old one is worth nothing. */
const RELEASE = sql`
  update work_items
  set state = case when ${p('visibleAtMs')} > ${p('nowMs')} then 'scheduled' else 'pending' end,
    reason = ${p('reason')}, settle_token = fencing_token, fencing_token = fencing_token + 1,
    attempt = attempt - 1, ${LEASE_CLEARED},
    visible_at_ms = coalesce(${p('visibleAtMs')}, visible_at_ms), updated_at_ms = ${p('nowMs')}
  where ${UNDER_LEASE}
  returning state`

const releaseBinding = oneStatement(release, (db) => {
  type Released = { readonly state: 'pending' | 'scheduled' }
  const update = preparedRows<Released>(db, RELEASE)
  const releasedBefore = preparedRows<Released>(
    db,
    sql`
      select state from work_items
      where ${SETTLED_BY_LEASE} and fencing_token = settle_token + 1 and state in ('pending', 'scheduled')
        and reason in ('released', 'ahead_returned', 'due')`,
  )
  const refuse = preparedLeaseRefusal(db)
  return (args) => {
    const [row] = update(args)
    if (row) return granted(row)
    const [before] = releasedBefore(args)
    return before ? granted(before) : refuse(args)
  }
})

const statusBinding = quickRead(leaseStatus, (db) => {
  const look = preparedRows<Omit<LeaseStatus, 'isExpired'> & { isExpired: number }>(
    db,
    sql`
      select state, lease_owner as owner, process_id as "processId", fencing_token as "fencingToken", attempt,
        lease_expires_at_ms as "leaseExpiresAtMs", coalesce(lease_expires_at_ms <= ${p('nowMs')}, 0) as "isExpired"
      from work_items
      where tenant = ${p('tenant')} and id = ${p('workItemId')}`,
  )
  return (args) => {
    const [row] = look(args)
    return granted(row ? { ...row, isExpired: row.isExpired === 1 } : null)
  }
})

/** Oldest item first, which is the order of the index. */
const LEASES_OF_PROCESS = sql`
  select seq, tenant, id as "workItemId", fencing_token as "fencingToken",
    lease_expires_at_ms as "leaseExpiresAtMs", is_ahead as "isAhead"
  from work_items
  where process_id = ${p('processId')} and state = 'running' and seq > ${p('afterSeq')}
  order by seq
  limit ${p('limit')}`

const ofProcessBinding = read(leasesOfProcess, (db) => {
  const page = preparedRows<LeaseRef & { seq: number; leaseExpiresAtMs: number; isAhead: number }>(
    db,
    LEASES_OF_PROCESS,
  )
  return (args) =>
    granted(page({ ...args, afterSeq: args.afterSeq ?? 0 }).map((row) => ({ ...row, isAhead: row.isAhead === 1 })))
})

export const leaseBindings: readonly SqliteBinding[] = [
  claimBinding,
  peekBinding,
  startBinding,
  heartbeatBinding,
  ...completionBindings,
  ringsWhen(failBinding, ({ state }) => state !== 'failed'),
  ringsWhen(releaseBinding, () => true),
  statusBinding,
  ofProcessBinding,
]
