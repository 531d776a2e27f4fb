import { sql } from 'drizzle-orm'
import { check, index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { CHECKPOINT_TYPES, VERIFICATION_OUTCOMES } from '../checkpoint-type.js'
import { isOneOf, isRowNumber } from '../predicates.js'
import { isJson, isJsonWhereSaid } from './columns.js'
import { workItems } from './work-items.js'

/** Append-only progress of a work item. Outlives the item (its link becomes NULL), ends with the task. */
export const checkpoints = sqliteTable(
  'checkpoints',
  {
    seq: integer('seq').primaryKey(),
    tenant: text('tenant').notNull(),
    id: text('id').notNull(),
    /** Its item's. No foreign key: that would take an index of all rows by task (see `TAKE_CHECKPOINTS`). */
    taskSeq: integer('task_seq').notNull(),
    workItemSeq: integer('work_item_seq').references(() => workItems.seq, { onDelete: 'set null' }),
    /** 1, 2, 3 … within the item; a position is never given twice, not even after a deletion. */
    position: integer('position').notNull(),
    type: text('type', { enum: CHECKPOINT_TYPES }).notNull(),
    /** The step it belongs to, where it belongs to one. */
    name: text('name'),
    /** 1 for what a resuming attempt replays (a step's result): retention never takes it while the item lives. */
    isReplayed: integer('is_replayed').notNull(),
    fencingToken: integer('fencing_token').notNull(),
    attempt: integer('attempt').notNull(),
    snapshot: text('snapshot').notNull(),
    encoding: text('encoding').notNull(),
    rawBytes: integer('raw_bytes').notNull(),
    metadata: text('metadata'),
    /** JSON evidence pack: what a verification has to find. */
    evidence: text('evidence'),
    createdAtMs: integer('created_at_ms').notNull(),
  },
  (t) => [
    uniqueIndex('checkpoints_by_id').on(t.tenant, t.id),
    // append, latest, list newest first
    uniqueIndex('checkpoints_by_work_item').on(t.workItemSeq, t.position),
    // latest of a type, last verified of a type
    index('checkpoints_by_type').on(t.workItemSeq, t.type, t.position),
    // of those whose item is gone, what the deletion of a task takes along
    index('checkpoints_without_item').on(t.taskSeq, t.seq).where(sql`${t.workItemSeq} is null`),
    check('checkpoints_seq', isRowNumber(t.seq)),
    check('checkpoints_type', isOneOf(t.type, CHECKPOINT_TYPES)),
    check('checkpoints_replayed', sql`${t.isReplayed} in (0, 1)`),
    check('checkpoints_position', sql`${t.position} >= 1 and ${t.rawBytes} >= 0`),
    check('checkpoints_snapshot', isJsonWhereSaid(t.encoding, t.snapshot)),
    check(
      'checkpoints_json',
      sql`(${t.metadata} is null or ${isJson(t.metadata)}) and (${t.evidence} is null or ${isJson(t.evidence)})`,
    ),
  ],
)

/** What a verification of a checkpoint's evidence found. Append-only. */
export const checkpointVerifications = sqliteTable(
  'checkpoint_verifications',
  {
    seq: integer('seq').primaryKey(),
    checkpointSeq: integer('checkpoint_seq')
      .notNull()
      .references(() => checkpoints.seq, { onDelete: 'cascade' }),
    outcome: text('outcome', { enum: VERIFICATION_OUTCOMES }).notNull(),
    /** JSON: one finding per piece of evidence. */
    findings: text('findings').notNull(),
    verifiedBy: text('verified_by').notNull(),
    verifiedAtMs: integer('verified_at_ms').notNull(),
  },
  (t) => [
    // last verification of a checkpoint; the cascade from checkpoints
    index('checkpoint_verifications_by_checkpoint').on(t.checkpointSeq, t.seq),
    check('checkpoint_verifications_seq', isRowNumber(t.seq)),
    check('checkpoint_verifications_outcome', isOneOf(t.outcome, VERIFICATION_OUTCOMES)),
    check('checkpoint_verifications_findings', isJson(t.findings)),
  ],
)
