import { sql } from 'drizzle-orm'
import { check, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { EVENT_TYPES } from '../event-type.js'
import { isOneOf } from '../predicates.js'
import { int8, isJsonWhereSaid } from './columns.js'
import { workItems } from './work-items.js'

/**
 * The journal: one stream per work item, contiguous from the oldest row kept. A task's own stream is its root item's.
 * Written by triggers in the statement that makes the change, so there is no change without its row.
 */
export const events = pgTable(
  'events',
  {
    workItemSeq: int8('work_item_seq')
      .notNull()
      .references(() => workItems.seq, { onDelete: 'cascade' }),
    position: int8('position').notNull(),
    type: text('type', { enum: EVENT_TYPES }).notNull(),
    atMs: int8('at_ms').notNull(),
    fencingToken: int8('fencing_token').notNull(),
    /** Who did it, for people to read: a lease owner, or a sweeper. */
    actor: text('actor'),
    data: text('data'),
    encoding: text('encoding'),
    /** Bytes before encoding; NULL for `data` that is stored as it is, such as what the triggers write. */
    rawBytes: int8('raw_bytes'),
    spanId: text('span_id'),
    prevHash: text('prev_hash'),
    hash: text('hash'),
  },
  (t) => [
    // append at the end, read from a position
    primaryKey({ name: 'events_pk', columns: [t.workItemSeq, t.position] }),
    check('events_type', isOneOf(t.type, EVENT_TYPES)),
    check('events_position', sql`${t.position} >= 1`),
    check(
      'events_data',
      sql`(${t.data} is null) = (${t.encoding} is null) and (${t.data} is null or ${isJsonWhereSaid(t.encoding, t.data)})`,
    ),
  ],
)
