import { sql } from 'drizzle-orm'
import type { SubmitTaskArgs } from '../tasks.js'
import type { SqliteDatabase } from './connection.js'
import { isPlainText } from './driver/parameters.js'
import { FENCING_FLOOR } from './fencing-floor.js'
import { insertItems, isPlainItem } from './new-work-item.js'
import { preparedChange } from './prepared.js'
import { together } from './together.js'

const p = sql.placeholder

const TASKS = sql`
  insert into tasks (tenant, id, type, state, failure_policy, metadata, created_at_ms)
  select value ->> 0, value ->> 1, value ->> 2, 'active', value ->> 3, value ->> 4, value ->> 5
  from json_each(${p('tasks')})`

/** The root items of those tasks, in the same order. */
const ROOTS = insertItems(sql`select
    value ->> 0, value ->> 1,
    (select task.seq from tasks task where task.tenant = value ->> 0 and task.id = value ->> 1),
    null, 1, value ->> 2, value ->> 3, value ->> 4,
    case when value ->> 5 > value ->> 11 then 'scheduled' else 'pending' end, 'enqueued', value ->> 5, value ->> 6,
    value ->> 7, 0, value ->> 8, ${FENCING_FLOOR}, 0, value ->> 9, value ->> 10, value ->> 11, value ->> 11
  from json_each(${p('items')})`)

const isPlain = ({ tenant, metadata, item, idempotency }: SubmitTaskArgs): boolean =>
  // A key is looked up first, and its answer depends on what is there.
  idempotency === null && isPlainText(tenant) && isPlainText(metadata ?? '') && isPlainItem(item)

/** Adds many tasks by two statements; false, and none is added, when one of them needs an answer of its own. */
export const preparedSubmissions = (db: SqliteDatabase): ((submissions: readonly SubmitTaskArgs[]) => boolean) => {
  const addTasks = preparedChange(db, TASKS)
  const addRoots = preparedChange(db, ROOTS)
  return (submissions) => {
    if (!submissions.every(isPlain)) return false
    const tasks = submissions.map(({ tenant, item: { id, type }, failurePolicy, metadata, nowMs }) => [
      tenant,
      id,
      type,
      failurePolicy,
      metadata,
      nowMs,
    ])
    const items = submissions.map(({ tenant, item, nowMs }) => [
      tenant,
      item.id,
      item.type,
      item.queue,
      item.priority,
      item.visibleAtMs,
      item.deadlineAtMs,
      item.timeoutMs,
      item.maxAttempts,
      item.input.data,
      item.input.encoding,
      nowMs,
    ])
    return together(
      db,
      () =>
        addTasks({ tasks: JSON.stringify(tasks) }) === tasks.length &&
        addRoots({ items: JSON.stringify(items) }) === items.length,
    )
  }
}
