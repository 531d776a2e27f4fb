import { WORK_STATES } from '@holdfast/schema'
import { tasks, workItems } from '@holdfast/schema/sqlite'
import { and, asc, eq, gt, type SQL, sql } from 'drizzle-orm'
import { unionAll } from 'drizzle-orm/sqlite-core'
import { granted, refused } from '../operation.js'
import { countWorkItems, getWorkItem, listWorkItems, type WorkItemCounts, type WorkItemRecord } from '../work-items.js'
import { quickRead, read, type SqliteBinding } from './module.js'
import { payloadOf, payloadOrNull } from './payload-columns.js'
import { preparedRows } from './prepared.js'

const p = sql.placeholder

/** What a record is made of, from `work_items` joined with its task. */
const workItemFields = {
  tenant: workItems.tenant,
  id: workItems.id,
  // Under a name of its own, because a UNION is ordered by the names of what it selects.
  seq: sql`${workItems.seq}`.as('item_seq') as SQL.Aliased<number>,
  taskId: tasks.id,
  // A parent is looked up by its row number, one step per row.
  parentId: sql`(select parent.id from work_items parent where parent.seq = ${workItems.parentSeq})`.as(
    'parent_id',
  ) as SQL.Aliased<string | null>,
  isRoot: workItems.isRoot,
  type: workItems.type,
  queue: workItems.queue,
  priority: workItems.priority,
  state: workItems.state,
  reason: workItems.reason,
  waitingReason: workItems.waitingReason,
  visibleAtMs: workItems.visibleAtMs,
  deadlineAtMs: workItems.deadlineAtMs,
  timeoutMs: workItems.timeoutMs,
  attempt: workItems.attempt,
  maxAttempts: workItems.maxAttempts,
  fencingToken: workItems.fencingToken,
  leaseOwner: workItems.leaseOwner,
  processId: workItems.processId,
  leaseMs: workItems.leaseMs,
  leaseAcquiredAtMs: workItems.leaseAcquiredAtMs,
  leaseExpiresAtMs: workItems.leaseExpiresAtMs,
  heartbeatAtMs: workItems.heartbeatAtMs,
  isAhead: workItems.isAhead,
  input: workItems.input,
  inputEncoding: workItems.inputEncoding,
  result: workItems.result,
  resultEncoding: workItems.resultEncoding,
  error: workItems.error,
  createdAtMs: workItems.createdAtMs,
  startedAtMs: workItems.startedAtMs,
  finishedAtMs: workItems.finishedAtMs,
  updatedAtMs: workItems.updatedAtMs,
}

/**
 * The same for a page of many: a payload may be a megabyte, and one that isn't asked for is not even read. Its place is
 * taken by JSON's null.
 */
const listFields = {
  ...workItemFields,
  input: sql`case when ${p('payloads')} then ${workItems.input} else 'null' end`.as('input') as SQL.Aliased<string>,
  inputEncoding: sql`case when ${p('payloads')} then ${workItems.inputEncoding} else 'json' end`.as(
    'input_encoding',
  ) as SQL.Aliased<string>,
  result: sql`case when ${p('payloads')} then ${workItems.result} end`.as('result') as SQL.Aliased<string | null>,
  resultEncoding: sql`case when ${p('payloads')} then ${workItems.resultEncoding} end`.as(
    'result_encoding',
  ) as SQL.Aliased<string | null>,
}

type Flat = Omit<WorkItemRecord, 'isRoot' | 'isAhead' | 'input' | 'result'> & {
  readonly isRoot: number
  readonly isAhead: number
  readonly input: string
  readonly inputEncoding: string
  readonly result: string | null
  readonly resultEncoding: string | null
}

const workItemRecord = ({ inputEncoding, resultEncoding, ...row }: Flat): WorkItemRecord => ({
  ...row,
  isRoot: row.isRoot === 1,
  isAhead: row.isAhead === 1,
  input: payloadOf(row.input, inputEncoding),
  result: payloadOrNull(row.result, resultEncoding),
})

export const getBinding: SqliteBinding = quickRead(getWorkItem, (db) => {
  const byId = db
    .select(workItemFields)
    .from(workItems)
    .innerJoin(tasks, eq(tasks.seq, workItems.taskSeq))
    .where(and(eq(workItems.tenant, p('tenant')), eq(workItems.id, p('id'))))
    .prepare()
  return (args) => {
    const [row] = byId.all({ ...args })
    return granted(row ? workItemRecord(row) : null)
  }
})

export const listBinding: SqliteBinding = read(listWorkItems, (db) => {
  const inState = (state: (typeof WORK_STATES)[number] | ReturnType<typeof p>) =>
    db
      .select(listFields)
      .from(tasks)
      .innerJoin(workItems, eq(workItems.taskSeq, tasks.seq))
      .where(
        and(
          eq(tasks.tenant, p('tenant')),
          eq(tasks.id, p('taskId')),
          eq(workItems.state, state),
          gt(workItems.seq, p('afterSeq')),
        ),
      )
  const ofState = inState(p('state')).orderBy(asc(workItems.seq)).limit(p('limit')).prepare()
  // Each state's items are in order already; SQLite merges the arms and stops at the limit.
  const [first, second, ...rest] = WORK_STATES.map(inState) as [Arm, Arm, ...Arm[]]
  const ofAnyState = unionAll(first, second, ...rest)
    .orderBy(sql`item_seq`)
    .limit(p('limit'))
    .prepare()
  type Arm = ReturnType<typeof inState>
  return ({ afterSeq, ...args }) => {
    const values = { ...args, payloads: args.payloads ? 1 : 0, afterSeq: afterSeq ?? 0 }
    return granted((args.state === null ? ofAnyState : ofState).all(values).map(workItemRecord))
  }
})

export const countBinding: SqliteBinding = read(countWorkItems, (db) => {
  const byState = preparedRows<{ state: keyof WorkItemCounts; items: number }>(
    db,
    sql`
      select item.state, count(*) as items
      from tasks task
      join work_items item on item.task_seq = task.seq
      where task.tenant = ${p('tenant')} and task.id = ${p('taskId')}
      group by item.state`,
  )
  return (args) => {
    const rows = byState(args)
    // A task has its root item at least, from its first transaction on.
    if (rows.length === 0) return refused('task.not_found', `there is no task ${args.taskId}`, { taskId: args.taskId })
    const counts = Object.fromEntries(WORK_STATES.map((state) => [state, 0])) as Record<keyof WorkItemCounts, number>
    for (const { state, items } of rows) counts[state] = items
    return granted(counts)
  }
})
