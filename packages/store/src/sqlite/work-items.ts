import { sql } from 'drizzle-orm'
import { granted, refused } from '../operation.js'
import { spawnWorkItems } from '../work-items.js'
import { preparedLeaseRefusal } from './lease-refusal.js'
import { ringsWhen, severalStatements, type SqliteBinding } from './module.js'
import { preparedNewWorkItem } from './new-work-item.js'
import { preparedRows } from './prepared.js'
import { countBinding, getBinding, listBinding } from './work-item-reads.js'

const p = sql.placeholder

const spawn = severalStatements(spawnWorkItems, (db) => {
  const parentUnderLease = preparedRows<{
    seq: number
    taskSeq: number
    taskId: string
    taskState: string
    isBeingCancelled: number
  }>(
    db,
    sql`
      select item.seq, item.task_seq as "taskSeq", task.id as "taskId", task.state as "taskState",
        task.cancel_requested_at_ms is not null as "isBeingCancelled"
      from work_items item
      join tasks task on task.seq = item.task_seq
      where item.tenant = ${p('tenant')} and item.id = ${p('workItemId')}
        and item.state = 'running' and item.fencing_token = ${p('fencingToken')}`,
  )
  const refusal = preparedLeaseRefusal(db)
  const { add, addTogether } = preparedNewWorkItem(db)
  return ({ parent, items, nowMs }) => {
    const [row] = parentUnderLease(parent)
    if (!row) return refusal(parent)
    if (row.taskState !== 'active' || row.isBeingCancelled === 1) {
      return refused('task.not_active', `task ${row.taskId} is being cancelled and takes no new work items`, {
        taskId: row.taskId,
        state: row.taskState,
      })
    }
    const place = { tenant: parent.tenant, taskSeq: row.taskSeq, parentSeq: row.seq, nowMs }
    if (items.length > 1 && addTogether(items, place)) return granted({ created: items.length })
    let created = 0
    for (const item of items) {
      const added = add(item, place)
      if (added === 'created') created += 1
      if (added === 'conflict') {
        return refused('work_item.conflict', `work item ${item.id} exists with another task, type, queue or input`, {
          workItemId: item.id,
        })
      }
    }
    return granted({ created })
  }
})

export const workItemBindings: readonly SqliteBinding[] = [
  ringsWhen(spawn, ({ created }) => created > 0),
  getBinding,
  listBinding,
  countBinding,
]
