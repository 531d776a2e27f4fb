import { sql } from 'drizzle-orm'
import { type AnyPgColumn, check, index, integer, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { is, isOneOf, isRowNumber } from '../predicates.js'
import { TERMINAL_STATES, TRANSITION_REASONS, WAITING_REASONS, WORK_STATES } from '../work-state.js'
import { identity, int8, isJson, isJsonWhereSaid } from './columns.js'
import { tasks } from './tasks.js'

/**
 * One leased call of one task definition.
 *
 * The fence: every claim and every revocation raises `fencing_token`, and every claim sets `settle_token` to NULL. An
 * UPDATE that takes a row out of `running` either sets `settle_token` to the token it holds (the owner speaks) or
 * raises `fencing_token` (somebody revokes); the triggers refuse anything else as `lease.lost`.
 */
export const workItems = pgTable(
  'work_items',
  {
    seq: identity(),
    tenant: text('tenant').notNull(),
    id: text('id').notNull(),
    taskSeq: int8('task_seq')
      .notNull()
      .references(() => tasks.seq, { onDelete: 'cascade' }),
    /** The item that fanned out into this one; NULL for the root item of a task. */
    parentSeq: int8('parent_seq').references((): AnyPgColumn => workItems.seq, { onDelete: 'set null' }),
    isRoot: integer('is_root').notNull(),
    redrivenFromSeq: int8('redriven_from_seq').references((): AnyPgColumn => workItems.seq, {
      onDelete: 'set null',
    }),
    type: text('type').notNull(),
    queue: text('queue').notNull(),
    priority: integer('priority').notNull(),
    state: text('state', { enum: WORK_STATES }).notNull(),
    reason: text('reason', { enum: TRANSITION_REASONS }).notNull(),
    waitingReason: text('waiting_reason', { enum: WAITING_REASONS }),
    waitingFor: text('waiting_for'),
    /** When a `scheduled` item becomes `pending`, or a `waiting` one gives up waiting. */
    visibleAtMs: int8('visible_at_ms').notNull(),
    deadlineAtMs: int8('deadline_at_ms'),
    timeoutMs: int8('timeout_ms'),

    attempt: integer('attempt').notNull(),
    maxAttempts: integer('max_attempts').notNull(),
    fencingToken: int8('fencing_token').notNull(),
    settleToken: int8('settle_token'),
    leaseOwner: text('lease_owner'),
    /** `processes.id` of the owner, so that a dead process gives its leases back at once. */
    processId: text('process_id'),
    leaseMs: int8('lease_ms'),
    leaseAcquiredAtMs: int8('lease_acquired_at_ms'),
    leaseExpiresAtMs: int8('lease_expires_at_ms'),
    heartbeatAtMs: int8('heartbeat_at_ms'),
    /** 1 while claimed ahead and not begun: giving it back costs no attempt. */
    isAhead: integer('is_ahead').notNull(),

    input: text('input').notNull(),
    inputEncoding: text('input_encoding').notNull(),
    result: text('result'),
    resultEncoding: text('result_encoding'),
    /** JSON: `{ code, message, … }` of the last failure; of the failure when `failed`. */
    error: text('error'),

    createdAtMs: int8('created_at_ms').notNull(),
    /** The first start, kept when the item is leased again. */
    startedAtMs: int8('started_at_ms'),
    finishedAtMs: int8('finished_at_ms'),
    updatedAtMs: int8('updated_at_ms').notNull(),
  },
  (t) => [
    // every write under a lease, get, status
    uniqueIndex('work_items_by_id').on(t.tenant, t.id),
    // claim: flat in the backlog, because nothing else is in it
    index('work_items_claimable').on(t.tenant, t.queue, t.priority.desc(), t.seq).where(is(t.state, 'pending')),
    // claim by task
    index('work_items_claimable_by_task').on(t.taskSeq, t.priority.desc(), t.seq).where(is(t.state, 'pending')),
    // promote: what has become due
    index('work_items_due').on(t.visibleAtMs).where(is(t.state, 'scheduled')),
    // sweep: waits that have timed out
    index('work_items_waiting').on(t.visibleAtMs).where(is(t.state, 'waiting')),
    // sweep: leases that have run out
    index('work_items_leased').on(t.leaseExpiresAtMs).where(is(t.state, 'running')),
    // a dead process's leases; my leases
    index('work_items_by_process').on(t.processId, t.seq).where(is(t.state, 'running')),
    // sweep: deadlines of items that no worker holds
    index('work_items_deadline')
      .on(t.deadlineAtMs)
      .where(sql`${t.deadlineAtMs} is not null and ${t.state} <> 'running' and ${t.finishedAtMs} is null`),
    // a task's items by state: list, count, cancel, and whether any is still open
    index('work_items_by_task').on(t.taskSeq, t.state, t.seq),
    // foreign keys: deleting a parent looks for its children
    index('work_items_by_parent').on(t.parentSeq).where(sql`${t.parentSeq} is not null`),
    index('work_items_by_redriven_from').on(t.redrivenFromSeq).where(sql`${t.redrivenFromSeq} is not null`),
    check('work_items_seq', isRowNumber(t.seq)),
    check('work_items_state', isOneOf(t.state, WORK_STATES)),
    check('work_items_reason', isOneOf(t.reason, TRANSITION_REASONS)),
    check(
      'work_items_waiting_reason',
      sql`(${t.waitingReason} is not null) = (${is(t.state, 'waiting')}) and (${t.waitingReason} is null or ${isOneOf(t.waitingReason, WAITING_REASONS)})`,
    ),
    check(
      'work_items_lease',
      sql`(${is(t.state, 'running')}) = (${t.leaseOwner} is not null) and (${t.leaseOwner} is null) = (${t.leaseExpiresAtMs} is null) and (${t.leaseOwner} is null) = (${t.leaseMs} is null) and (${t.leaseOwner} is null) = (${t.leaseAcquiredAtMs} is null)`,
    ),
    check('work_items_ahead', sql`${t.isAhead} = 0 or (${t.isAhead} = 1 and ${is(t.state, 'running')})`),
    check('work_items_root', sql`${t.isRoot} in (0, 1)`),
    check(
      'work_items_attempts',
      sql`${t.attempt} >= 0 and ${t.maxAttempts} >= 1 and ${t.attempt} <= ${t.maxAttempts} and ${t.fencingToken} >= 0`,
    ),
    check('work_items_finished', sql`(${t.finishedAtMs} is not null) = (${isOneOf(t.state, TERMINAL_STATES)})`),
    check('work_items_input', isJsonWhereSaid(t.inputEncoding, t.input)),
    check(
      'work_items_result',
      sql`(${t.result} is null) = (${t.resultEncoding} is null) and (${t.result} is null or ${is(t.state, 'completed')}) and (${t.result} is null or ${isJsonWhereSaid(t.resultEncoding, t.result)})`,
    ),
    check(
      'work_items_error',
      sql`(${t.error} is null or ${isJson(t.error)}) and (${t.state} <> 'failed' or ${t.error} is not null)`,
    ),
  ],
)

/**
 * The positions of one item's checkpoints and journal. Counters that only grow, kept apart from the item because a
 * terminal item is frozen while its journal may still gain a row (a verification, the sweep's error boundary).
 */
export const workItemStreams = pgTable(
  'work_item_streams',
  {
    workItemSeq: int8('work_item_seq')
      .primaryKey()
      .references(() => workItems.seq, { onDelete: 'cascade' }),
    checkpointPosition: int8('checkpoint_position').notNull(),
    eventPosition: int8('event_position').notNull(),
  },
  (t) => [check('work_item_streams_positions', sql`${t.checkpointPosition} >= 0 and ${t.eventPosition} >= 0`)],
)
