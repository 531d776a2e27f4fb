import { type SQL, sql } from 'drizzle-orm'
import { claim, type ClaimArgs, type Lease } from '../leases.js'
import { granted, refused } from '../operation.js'
import { severalStatements, type SqliteBinding } from './module.js'
import { payloadOf } from './payload-columns.js'
import { preparedRows } from './prepared.js'
import { preparedPromotion } from './promotion.js'

const p = sql.placeholder

/** Due items that one claim makes pending: enough to keep up with claims, too few to make one slow. */
const PROMOTED_PER_CLAIM = 100

/** The token rises, the attempt counts, and whatever an earlier lease left is gone. */
const leaseItemsOf = (next: SQL): SQL => sql`
  update work_items
  set state = 'running', reason = 'claimed',
    fencing_token = fencing_token + 1, settle_token = null, attempt = attempt + 1,
    lease_owner = ${p('owner')}, process_id = ${p('processId')}, lease_ms = ${p('leaseMs')},
    lease_acquired_at_ms = ${p('nowMs')}, lease_expires_at_ms = ${p('expiresAtMs')}, heartbeat_at_ms = null,
    is_ahead = ${p('isAhead')}, started_at_ms = coalesce(started_at_ms, ${p('startedAtMs')}),
    updated_at_ms = ${p('nowMs')}
  where seq in (${next})
  returning
    seq, tenant, id as "workItemId", fencing_token as "fencingToken",
    (select task.id from tasks task where task.seq = work_items.task_seq) as "taskId",
    is_root as "isRoot", type, queue, priority, attempt, max_attempts as "maxAttempts", lease_ms as "leaseMs",
    lease_expires_at_ms as "leaseExpiresAtMs", is_ahead as "isAhead", input, input_encoding as "inputEncoding",
    deadline_at_ms as "deadlineAtMs", timeout_ms as "timeoutMs", created_at_ms as "createdAtMs"`

/** One queue of one tenant. Flat in the backlog: nothing but claimable items is in its index. */
const CLAIM_FROM_QUEUE = leaseItemsOf(sql`
    select seq from work_items
    where tenant = ${p('tenant')} and queue = ${p('queue')} and state = 'pending'
    order by priority desc, seq
    limit ${p('limit')}
  `)

/** One task, whatever the queue. */
const CLAIM_FROM_TASK = leaseItemsOf(sql`
    select seq from work_items
    where task_seq = (select seq from tasks where tenant = ${p('tenant')} and id = ${p('taskId')})
      and state = 'pending'
    order by priority desc, seq
    limit ${p('limit')}
  `)

type Row = Omit<Lease, 'isRoot' | 'isAhead' | 'input'> & {
  readonly seq: number
  readonly isRoot: number
  readonly isAhead: number
  readonly input: string
  readonly inputEncoding: string
}

/** RETURNING promises no order, so claim order is restored here. */
const byClaimOrder = (one: Row, other: Row): number => other.priority - one.priority || one.seq - other.seq

const leaseOf = ({ seq: _, inputEncoding, ...row }: Row): Lease => ({
  ...row,
  isRoot: row.isRoot === 1,
  isAhead: row.isAhead === 1,
  input: payloadOf(row.input, inputEncoding),
})

/** Where a claim looks, in turn: every queue of every tenant, starting at another one each time. */
const armsOf = ({ tenants, queues, rotation }: ClaimArgs): readonly { tenant: string; queue: string }[] => {
  const arms = tenants.flatMap((tenant) => queues.map((queue) => ({ tenant, queue })))
  const first = arms.length === 0 ? 0 : rotation % arms.length
  return [...arms.slice(first), ...arms.slice(0, first)]
}

export const claimBinding: SqliteBinding = severalStatements(claim, (db) => {
  const { promote } = preparedPromotion(db)
  const fromQueue = preparedRows<Row>(db, CLAIM_FROM_QUEUE)
  const fromTask = preparedRows<Row>(db, CLAIM_FROM_TASK)
  return (args) => {
    const { taskId, tenants, owner, processId, limit, leaseMs, ahead, nowMs } = args
    const lease = {
      owner,
      processId,
      leaseMs,
      nowMs,
      expiresAtMs: nowMs + leaseMs,
      isAhead: ahead ? 1 : 0,
      startedAtMs: ahead ? null : nowMs,
    }
    promote(PROMOTED_PER_CLAIM, nowMs)
    if (taskId !== null) {
      const [tenant, another] = tenants
      if (tenant === undefined || another !== undefined)
        return refused('input.invalid', 'a claim of one task names the one tenant that it belongs to', { taskId })
      return granted(
        fromTask({ ...lease, tenant, taskId, limit })
          .sort(byClaimOrder)
          .map(leaseOf),
      )
    }
    const leases: Lease[] = []
    for (const arm of armsOf(args)) {
      const left = limit - leases.length
      if (left <= 0) break
      leases.push(
        ...fromQueue({ ...lease, ...arm, limit: left })
          .sort(byClaimOrder)
          .map(leaseOf),
      )
    }
    return granted(leases)
  }
})
