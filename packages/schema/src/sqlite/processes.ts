import { sql } from 'drizzle-orm'
import { check, index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { isOneOf } from '../predicates.js'
import { PROCESS_KINDS, PROCESS_STATES } from '../process-state.js'

/** Every OS process that opened the store. `id` names its death lock as well. */
export const processes = sqliteTable(
  'processes',
  {
    seq: integer('seq').primaryKey(),
    id: text('id').notNull(),
    kind: text('kind', { enum: PROCESS_KINDS }).notNull(),
    /** For people to read: host, pid and version prove nothing (pids lie across containers). */
    host: text('host').notNull(),
    pid: integer('pid').notNull(),
    version: text('version').notNull(),
    state: text('state', { enum: PROCESS_STATES }).notNull(),
    startedAtMs: integer('started_at_ms').notNull(),
    heartbeatAtMs: integer('heartbeat_at_ms').notNull(),
    endedAtMs: integer('ended_at_ms'),
  },
  (t) => [
    uniqueIndex('processes_by_id').on(t.id),
    // liveness probes and the start-up summary
    index('processes_by_state').on(t.state, t.heartbeatAtMs),
    check('processes_kind', isOneOf(t.kind, PROCESS_KINDS)),
    check('processes_state', isOneOf(t.state, PROCESS_STATES)),
    check('processes_ended', sql`(${t.endedAtMs} is null) = (${t.state} = 'alive')`),
  ],
)
