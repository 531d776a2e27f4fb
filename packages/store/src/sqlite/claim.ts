import { type SQL, sql } from 'drizzle-orm'
import { InvariantError } from '../errors.js'
import { claim, type ClaimArgs, type Lease } from '../leases.js'
import { granted, refused } from '../operation.js'
import type { SqliteDatabase } from './connection.js'
import { oneStatement, type SqliteBinding } from './module.js'
import { payloadOf } from './payload-columns.js'
import { preparedChange, preparedTuple, preparedTuples } from './prepared.js'
import { preparedPromotion } from './promotion.js'

const p = sql.placeholder

/** Due items that one claim makes pending: enough to keep up with claims, too few to make one slow. */
const PROMOTED_PER_CLAIM = 100

/** What a worker is told of an item, as it is before it is leased: the columns of {@link Row}, in its order. */
const CLAIMABLE = sql`
  item.seq, item.tenant, item.id, item.fencing_token, (select task.id from tasks task where task.seq = item.task_seq),
  item.is_root, item.type, item.queue, item.priority, item.attempt, item.max_attempts,
  item.input, item.input_encoding, item.deadline_at_ms, item.timeout_ms, item.created_at_ms`

/** One queue of one tenant. Flat in the backlog: nothing but claimable items is in its index. */
const headOfQueue = (arm: number): SQL => sql`
    select ${CLAIMABLE} from work_items item
    where item.tenant = ${p(`tenant${arm}`)} and item.queue = ${p(`queue${arm}`)} and item.state = 'pending'
    order by item.priority desc, item.seq
    limit ${p('limit')}`

/** Several of them. SQLite opens an arm when the ones before it have given less than the limit. */
const headsOfQueues = (arms: number): SQL => {
  if (arms === 1) return headOfQueue(0)
  const heads = Array.from({ length: arms }, (_, arm) => sql`select * from (${headOfQueue(arm)})`)
  return sql`${sql.join(heads, sql` union all `)} limit ${p('limit')}`
}

/** Queues that one statement looks into. Arms to spare look for no tenant at all; more queues take several statements. */
const MOST_ARMS = 16

/** One task, whatever the queue. */
const HEAD_OF_TASK = sql`
  select ${CLAIMABLE} from work_items item
  where item.task_seq = (select seq from tasks where tenant = ${p('tenant')} and id = ${p('taskId')})
    and item.state = 'pending'
  order by item.priority desc, item.seq
  limit ${p('limit')}`

/** The token rises, the attempt counts, and whatever an earlier lease left is gone. */
const leaseItems = (which: SQL): SQL => sql`
  update work_items
  set state = 'running', reason = 'claimed',
    fencing_token = fencing_token + 1, settle_token = null, attempt = attempt + 1,
    lease_owner = ${p('owner')}, process_id = ${p('processId')}, lease_ms = ${p('leaseMs')},
    lease_acquired_at_ms = ${p('nowMs')}, lease_expires_at_ms = ${p('leaseExpiresAtMs')}, heartbeat_at_ms = null,
    is_ahead = ${p('isAhead')}, started_at_ms = coalesce(started_at_ms, ${p('startedAtMs')}),
    updated_at_ms = ${p('nowMs')}
  where seq ${which} and state = 'pending'`

/**
 * A look and a write, instead of one UPDATE with RETURNING over a subquery, which makes three tables in memory for each
 * claim. Nobody comes between the two, because the transaction has the write lock; and the WHERE asks once more.
 */
const LEASE_ONE = leaseItems(sql`= ${p('seqs')}`)
/** One statement for a batch: it keeps the pages that it may have to undo once, not once per item. */
const LEASE_BATCH = leaseItems(sql`in (select value from json_each(${p('seqs')}))`)

/** An array, because an object of sixteen columns is made by its names, one call into the library each. */
type Row = readonly [
  seq: number,
  tenant: string,
  workItemId: string,
  fencingToken: number,
  taskId: string,
  isRoot: number,
  type: string,
  queue: string,
  priority: number,
  attempt: number,
  maxAttempts: number,
  input: string,
  inputEncoding: string,
  deadlineAtMs: number | null,
  timeoutMs: number | null,
  createdAtMs: number,
]

/** The item as its lease leaves it. */
const leaseOf = (row: Row, { leaseMs, ahead, nowMs }: ClaimArgs): Lease => {
  const [, tenant, workItemId, fencingToken, taskId, isRoot, type, queue, priority, attempt, maxAttempts] = row
  const [, , , , , , , , , , , input, inputEncoding, deadlineAtMs, timeoutMs, createdAtMs] = row
  return {
    tenant,
    workItemId,
    fencingToken: fencingToken + 1,
    taskId,
    isRoot: isRoot === 1,
    type,
    queue,
    priority,
    attempt: attempt + 1,
    maxAttempts,
    leaseMs,
    leaseExpiresAtMs: nowMs + leaseMs,
    isAhead: ahead,
    input: payloadOf(input, inputEncoding),
    deadlineAtMs,
    timeoutMs,
    createdAtMs,
  }
}

interface Arm {
  readonly tenant: string
  readonly queue: string
}

/** Where a claim looks, in turn: every queue of every tenant, starting at another one each time. */
const armsOf = ({ tenants, queues, rotation }: ClaimArgs): readonly Arm[] => {
  const arms = tenants.flatMap((tenant) => queues.map((queue) => ({ tenant, queue })))
  const first = arms.length === 0 ? 0 : rotation % arms.length
  return [...arms.slice(first), ...arms.slice(0, first)]
}

interface Look {
  readonly count: number
  readonly look: LookOf
}

type LookOf = (values: { readonly limit: number }) => readonly Row[]

/** A claim of one item, the usual one of a worker, asks for one row. */
const preparedLook = (db: SqliteDatabase, heads: SQL): LookOf => {
  const one = preparedTuple<Row>(db, heads)
  const several = preparedTuples<Row>(db, heads)
  return (values) => {
    if (values.limit !== 1) return several(values)
    const row = one(values)
    return row ? [row] : []
  }
}

/** Looks into any number of arms, in their order, until `limit` items are found. */
const preparedHeads = (db: SqliteDatabase): ((arms: readonly Arm[], limit: number) => readonly Row[]) => {
  const lookOf = (count: number): Look => ({ count, look: preparedLook(db, headsOfQueues(count)) })
  const [one, few, many] = [lookOf(1), lookOf(4), lookOf(MOST_ARMS)]
  const lookInto = (arms: readonly Arm[], limit: number): readonly Row[] => {
    const values: { limit: number; [name: string]: string | number | null } = { limit }
    const { count, look } = arms.length <= one.count ? one : arms.length <= few.count ? few : many
    for (let arm = 0; arm < count; arm++) {
      values[`tenant${arm}`] = arms[arm]?.tenant ?? null
      values[`queue${arm}`] = arms[arm]?.queue ?? null
    }
    return look(values)
  }
  return (arms, limit) => {
    if (arms.length <= MOST_ARMS) return lookInto(arms, limit)
    const found: Row[] = []
    for (let at = 0; at < arms.length && found.length < limit; at += MOST_ARMS)
      found.push(...lookInto(arms.slice(at, at + MOST_ARMS), limit - found.length))
    return found
  }
}

// Without a savepoint: what promotes stands by itself, whatever becomes of the claim, because it only says that time has
// passed; and the leases are one statement.
export const claimBinding: SqliteBinding = oneStatement(claim, (db) => {
  const { promote } = preparedPromotion(db)
  const heads = preparedHeads(db)
  const headOfTask = preparedTuples<Row>(db, HEAD_OF_TASK)
  const leaseOne = preparedChange(db, LEASE_ONE)
  const leaseBatch = preparedChange(db, LEASE_BATCH)
  return (args) => {
    const { taskId, tenants, owner, processId, limit, leaseMs, ahead, nowMs } = args
    const [tenant, another] = tenants
    if (taskId !== null && (tenant === undefined || another !== undefined))
      return refused('input.invalid', 'a claim of one task names the one tenant that it belongs to', { taskId })
    promote(PROMOTED_PER_CLAIM, nowMs)
    const values = {
      owner,
      processId,
      leaseMs,
      nowMs,
      leaseExpiresAtMs: nowMs + leaseMs,
      isAhead: ahead ? 1 : 0,
      startedAtMs: ahead ? null : nowMs,
    }
    const found = taskId === null ? heads(armsOf(args), limit) : headOfTask({ tenant, taskId, limit })
    const seqs = found.map(([seq]) => seq)
    const leased =
      seqs.length === 1
        ? leaseOne({ ...values, seqs: seqs[0] })
        : seqs.length > 1
          ? leaseBatch({ ...values, seqs: JSON.stringify(seqs) })
          : 0
    if (leased !== seqs.length)
      throw new InvariantError('an item changed between the look and the write of one transaction', {
        found: seqs.length,
        leased,
      })
    return granted(found.map((row) => leaseOf(row, args)))
  }
})
