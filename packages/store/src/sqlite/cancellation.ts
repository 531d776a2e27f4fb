import { OPEN_STATES } from '@holdfast/schema'
import { sql } from 'drizzle-orm'
import type { SqliteDatabase } from './connection.js'
import { LEASE_CLEARED } from './lease-columns.js'
import { preparedRows } from './prepared.js'

const p = sql.placeholder

const open = sql.raw(OPEN_STATES.map((state) => `'${state}'`).join(', '))

/**
 * Cancels up to `limit` open items of a task, in whatever state they are, and raises their tokens: an owner's next
 * write is refused. When the last one ends, a trigger ends the task.
 */
export const preparedCancellation = (
  db: SqliteDatabase,
): ((taskSeq: number, limit: number, nowMs: number) => { cancelled: number; remaining: boolean }) => {
  const cancel = preparedRows<{ seq: number }>(
    db,
    sql`
      update work_items
      set state = 'cancelled', reason = 'cancelled', waiting_reason = null,
        fencing_token = fencing_token + 1, ${LEASE_CLEARED},
        finished_at_ms = ${p('nowMs')}, updated_at_ms = ${p('nowMs')}
      where seq in (
        select seq from work_items where task_seq = ${p('taskSeq')} and state in (${open}) limit ${p('limit')}
      )
      returning seq`,
  )
  const anyOpen = preparedRows<{ seq: number }>(
    db,
    sql`select seq from work_items where task_seq = ${p('taskSeq')} and state in (${open}) limit 1`,
  )
  return (taskSeq, limit, nowMs) => {
    const cancelled = cancel({ taskSeq, limit, nowMs }).length
    return { cancelled, remaining: anyOpen({ taskSeq }).length > 0 }
  }
}
