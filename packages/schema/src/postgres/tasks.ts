import { sql } from 'drizzle-orm'
import { check, index, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { is, isOneOf, isRowNumber } from '../predicates.js'
import { FAILURE_POLICIES, TASK_STATES, TERMINAL_TASK_STATES } from '../task-state.js'
import { identity, int8, isJson } from './columns.js'

/** One row per submission. Input, result and error stand on its root work item; this row is written at both ends only. */
export const tasks = pgTable(
  'tasks',
  {
    seq: identity(),
    tenant: text('tenant').notNull(),
    id: text('id').notNull(),
    type: text('type').notNull(),
    state: text('state', { enum: TASK_STATES }).notNull(),
    failurePolicy: text('failure_policy', { enum: FAILURE_POLICIES }).notNull(),
    metadata: text('metadata'),
    cancelRequestedAtMs: int8('cancel_requested_at_ms'),
    createdAtMs: int8('created_at_ms').notNull(),
    finishedAtMs: int8('finished_at_ms'),
  },
  (t) => [
    // get, cancel and every look-up by a caller's id
    uniqueIndex('tasks_by_id').on(t.tenant, t.id),
    // list: newest first within a tenant
    index('tasks_by_age').on(t.tenant, t.seq),
    // list: one state, newest first within a tenant
    index('tasks_by_state').on(t.tenant, t.state, t.seq),
    // retention: what ended long ago, oldest first; an open task is not in it
    index('tasks_finished').on(t.finishedAtMs).where(sql`${t.finishedAtMs} is not null`),
    // sweep: cancellations that a crash cut short
    index('tasks_being_cancelled')
      .on(t.cancelRequestedAtMs)
      .where(sql`${is(t.state, 'active')} and ${t.cancelRequestedAtMs} is not null`),
    check('tasks_seq', isRowNumber(t.seq)),
    check('tasks_state', isOneOf(t.state, TASK_STATES)),
    check('tasks_failure_policy', isOneOf(t.failurePolicy, FAILURE_POLICIES)),
    check('tasks_finished', sql`(${t.finishedAtMs} is not null) = (${isOneOf(t.state, TERMINAL_TASK_STATES)})`),
    check('tasks_metadata', sql`${t.metadata} is null or ${isJson(t.metadata)}`),
  ],
)
