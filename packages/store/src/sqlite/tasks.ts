import { tasks, workItems } from '@holdfast/schema/sqlite'
import { and, desc, eq, lt, type SQL, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/sqlite-core'
import { granted, refused } from '../operation.js'
import { cancelTask, getTask, listTasks, submitTask, type SubmitTaskArgs, type TaskRecord } from '../tasks.js'
import { preparedCancellation } from './cancellation.js'
import type { SqliteDatabase } from './connection.js'
import { isRefusedAs } from './database-errors.js'
import { batched, quickRead, read, ringsWhen, severalStatements, type SqliteBinding } from './module.js'
import { preparedNewWorkItem } from './new-work-item.js'
import { payloadOrNull } from './payload-columns.js'
import { preparedChange, preparedInsert, preparedRows } from './prepared.js'
import { preparedSubmissions } from './submission-batch.js'
import { preparedSubmissionKey } from './submission-key.js'

const p = sql.placeholder

const submitAlone = severalStatements(submitTask, (db) => {
  const key = preparedSubmissionKey(db)
  const addTask = preparedTask(db)
  const root = preparedNewWorkItem(db)
  return (args) => {
    const { tenant, item, idempotency, nowMs } = args
    const known = idempotency && key.find(tenant, idempotency, nowMs)
    if (known) {
      if (!known.ok) return known
      return granted({ taskId: known.value.taskId ?? item.id, created: false, replayed: known.value.response })
    }
    const task = addTask(args)
    const place = { tenant, taskSeq: task.seq, parentSeq: null, nowMs }
    // A root item that was there before its task belongs to another one. A task without a root item has ended, and is
    // about to be deleted: there is nothing left to compare.
    const isSame = task.created
      ? root.add(item, place) === 'created'
      : task.isSameType && root.compare(item, place) !== 'conflict'
    if (!isSame) {
      return refused('task.conflict', `${item.id} exists already with another type, queue or input`, {
        taskId: item.id,
      })
    }
    if (idempotency) key.keep(tenant, idempotency, task.seq, nowMs)
    return granted({ taskId: item.id, created: task.created, replayed: null })
  }
})

const submit = batched(submitAlone, (db) => {
  const submitTogether = preparedSubmissions(db)
  return (calls) =>
    submitTogether(calls)
      ? calls.map(({ item }) => granted({ taskId: item.id, created: true, replayed: null }))
      : undefined
})

/** Adds the task's row, once per id. */
const preparedTask = (
  db: SqliteDatabase,
): ((args: SubmitTaskArgs) => { seq: number; created: boolean; isSameType: boolean }) => {
  const insert = preparedInsert(
    db,
    sql`
      insert into tasks (tenant, id, type, state, failure_policy, metadata, created_at_ms)
      values (
        ${p('tenant')}, ${p('id')}, ${p('type')}, 'active', ${p('failurePolicy')}, ${p('metadata')}, ${p('nowMs')}
      )`,
  )
  const find = preparedRows<{ seq: number; isSameType: number }>(
    db,
    sql`
      select seq, type = ${p('type')} as "isSameType"
      from tasks
      where tenant = ${p('tenant')} and id = ${p('id')}`,
  )
  return ({ tenant, failurePolicy, metadata, item: { id, type }, nowMs }) => {
    try {
      return { seq: insert({ tenant, id, type, failurePolicy, metadata, nowMs }), created: true, isSameType: true }
    } catch (error) {
      if (!isRefusedAs(error, 'task.exists')) throw error
      const [known] = find({ tenant, id, type })
      return { seq: known?.seq ?? 0, created: false, isSameType: known?.isSameType === 1 }
    }
  }
}

const cancel = severalStatements(cancelTask, (db) => {
  const find = preparedRows<{ seq: number; state: TaskRecord['state'] }>(
    db,
    sql`select seq, state from tasks where tenant = ${p('tenant')} and id = ${p('id')}`,
  )
  const request = preparedChange(
    db,
    sql`
      update tasks
      set cancel_requested_at_ms = ${p('nowMs')}
      where seq = ${p('seq')} and state = 'active' and cancel_requested_at_ms is null`,
  )
  const cancelItems = preparedCancellation(db)
  return (args) => {
    const [task] = find(args)
    if (!task) return refused('task.not_found', `there is no task ${args.id}`, { taskId: args.id })
    if (task.state !== 'active') {
      return refused('task.already_terminal', `task ${args.id} is ${task.state} already`, {
        taskId: args.id,
        state: task.state,
      })
    }
    request({ seq: task.seq, nowMs: args.nowMs })
    const { cancelled, remaining } = cancelItems(task.seq, args.limit, args.nowMs)
    // The last item's end has ended the task, by trigger.
    const [after] = find(args)
    return granted({ state: after?.state ?? task.state, cancelled, remaining })
  }
})

const root = alias(workItems, 'root')

const taskFields = {
  tenant: tasks.tenant,
  id: tasks.id,
  seq: tasks.seq,
  type: tasks.type,
  state: tasks.state,
  failurePolicy: tasks.failurePolicy,
  metadata: tasks.metadata,
  cancelRequestedAtMs: tasks.cancelRequestedAtMs,
  createdAtMs: tasks.createdAtMs,
  finishedAtMs: tasks.finishedAtMs,
  result: root.result,
  resultEncoding: root.resultEncoding,
  // The root's own failure, or what failed the task in its place.
  error: sql`case when tasks.state = 'failed' then coalesce(
      case when root.state = 'failed' then root.error end,
      (select failed.error from work_items failed
       where failed.task_seq = tasks.seq and failed.state = 'failed' order by failed.seq limit 1)
    ) end`.as('error') as SQL.Aliased<string | null>,
}

const taskRecord = ({
  result,
  resultEncoding,
  ...row
}: Omit<TaskRecord, 'result'> & { result: string | null; resultEncoding: string | null }): TaskRecord => ({
  ...row,
  // A root may complete long before its children do; until then the task has no result.
  result: row.state === 'active' ? null : payloadOrNull(result, resultEncoding),
})

/** For a page of many: a result that isn't asked for is not even read. */
const listFields = {
  ...taskFields,
  result: sql`case when ${p('payloads')} then ${root.result} end`.as('result') as SQL.Aliased<string | null>,
  resultEncoding: sql`case when ${p('payloads')} then ${root.resultEncoding} end`.as('result_encoding') as SQL.Aliased<
    string | null
  >,
}

const preparedTasks = (db: SqliteDatabase, fields: typeof taskFields | typeof listFields) =>
  db
    .select(fields)
    .from(tasks)
    .leftJoin(root, and(eq(root.tenant, tasks.tenant), eq(root.id, tasks.id)))

const get = quickRead(getTask, (db) => {
  const byId = preparedTasks(db, taskFields)
    .where(and(eq(tasks.tenant, p('tenant')), eq(tasks.id, p('id'))))
    .prepare()
  return (args) => {
    const [row] = byId.all({ ...args })
    return granted(row ? taskRecord(row) : null)
  }
})

const list = read(listTasks, (db) => {
  const ofType = sql`(${p('type')} is null or ${tasks.type} = ${p('type')})`
  const before = and(eq(tasks.tenant, p('tenant')), lt(tasks.seq, p('beforeSeq')), ofType)
  const newest = preparedTasks(db, listFields).where(before).orderBy(desc(tasks.seq)).limit(p('limit')).prepare()
  const newestOfState = preparedTasks(db, listFields)
    .where(and(before, eq(tasks.state, p('state'))))
    .orderBy(desc(tasks.seq))
    .limit(p('limit'))
    .prepare()
  return ({ beforeSeq, ...args }) => {
    const values = { ...args, payloads: args.payloads ? 1 : 0, beforeSeq: beforeSeq ?? Number.MAX_SAFE_INTEGER }
    return granted((args.state === null ? newest : newestOfState).all(values).map(taskRecord))
  }
})

export const taskBindings: readonly SqliteBinding[] = [ringsWhen(submit, ({ created }) => created), cancel, get, list]
