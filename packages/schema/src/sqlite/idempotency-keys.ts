import { sql } from 'drizzle-orm'
import { check, index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { IDEMPOTENCY_STATES } from '../idempotency-state.js'
import { is, isOneOf, isRowNumber } from '../predicates.js'
import { isJson, isJsonWhereSaid } from './columns.js'
import { tasks } from './tasks.js'
import { workItems } from './work-items.js'

/**
 * A caller's name for one effect. While `pending` it is leased and fenced like a work item; once `completed` its
 * answer is frozen until it expires. Its links become NULL when the task or item goes: the key outlives both.
 */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    seq: integer('seq').primaryKey(),
    tenant: text('tenant').notNull(),
    key: text('key').notNull(),
    /** `sha256:` and 64 hex digits of the canonical request. */
    requestHash: text('request_hash').notNull(),
    state: text('state', { enum: IDEMPOTENCY_STATES }).notNull(),
    fencingToken: integer('fencing_token').notNull(),
    settleToken: integer('settle_token'),
    owner: text('owner'),
    processId: text('process_id'),
    leaseMs: integer('lease_ms'),
    leaseExpiresAtMs: integer('lease_expires_at_ms'),
    response: text('response'),
    responseEncoding: text('response_encoding'),
    error: text('error'),
    taskSeq: integer('task_seq').references(() => tasks.seq, { onDelete: 'set null' }),
    workItemSeq: integer('work_item_seq').references(() => workItems.seq, { onDelete: 'set null' }),
    createdAtMs: integer('created_at_ms').notNull(),
    finishedAtMs: integer('finished_at_ms'),
    expiresAtMs: integer('expires_at_ms').notNull(),
  },
  (t) => [
    // check-or-create, and every write of its owner
    uniqueIndex('idempotency_keys_by_key').on(t.tenant, t.key),
    // sweep: keys whose time is over
    index('idempotency_keys_expiring').on(t.expiresAtMs),
    // a dead process's keys
    index('idempotency_keys_by_process').on(t.processId).where(is(t.state, 'pending')),
    // the set-null actions
    index('idempotency_keys_by_task').on(t.taskSeq).where(sql`${t.taskSeq} is not null`),
    index('idempotency_keys_by_work_item').on(t.workItemSeq).where(sql`${t.workItemSeq} is not null`),
    check('idempotency_keys_seq', isRowNumber(t.seq)),
    check('idempotency_keys_state', isOneOf(t.state, IDEMPOTENCY_STATES)),
    check('idempotency_keys_hash', sql`length(${t.requestHash}) = 71 and substr(${t.requestHash}, 1, 7) = 'sha256:'`),
    check(
      'idempotency_keys_lease',
      sql`(${is(t.state, 'pending')}) = (${t.leaseExpiresAtMs} is not null) and (${t.leaseExpiresAtMs} is null) = (${t.owner} is null) and (${t.leaseExpiresAtMs} is null) = (${t.leaseMs} is null) and ${t.fencingToken} >= 1`,
    ),
    check('idempotency_keys_finished', sql`(${t.finishedAtMs} is null) = (${is(t.state, 'pending')})`),
    check(
      'idempotency_keys_response',
      sql`(${is(t.state, 'completed')}) = (${t.response} is not null) and (${t.response} is null) = (${t.responseEncoding} is null) and (${t.response} is null or ${isJsonWhereSaid(t.responseEncoding, t.response)})`,
    ),
    check(
      'idempotency_keys_error',
      sql`(${is(t.state, 'failed')}) = (${t.error} is not null) and (${t.error} is null or ${isJson(t.error)})`,
    ),
  ],
)
