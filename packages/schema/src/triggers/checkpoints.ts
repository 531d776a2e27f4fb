import { checkpoints } from '../sqlite/checkpoints.js'
import { ALWAYS, type Guard, frozenButLinks } from './rule.js'

/**
 * Checkpoints are appended by the owner of the item, or by the sweep that has just raised its token (`error_boundary`
 * alone), each at the next position, and never change.
 */
export const checkpointGuards: readonly Guard[] = [
  {
    table: 'checkpoints',
    event: 'insert',
    rules: [
      {
        code: 'checkpoint.exists',
        when: ALWAYS,
        and: `(
      exists (select 1 from checkpoints known where known.tenant = NEW.tenant and known.id = NEW.id)
      or exists (select 1 from checkpoints known where known.seq = NEW.seq)
    )`,
      },
      {
        code: 'lease.lost',
        when: ALWAYS,
        and: `not exists (
      select 1 from work_items item
      where item.seq = NEW.work_item_seq
        and item.fencing_token = NEW.fencing_token
        and (item.state = 'running' or NEW.type = 'error_boundary')
        and item.tenant = NEW.tenant
        and item.task_seq = NEW.task_seq
    )`,
      },
      {
        code: 'checkpoint.position_conflict',
        when: ALWAYS,
        and: `not exists (
      select 1 from work_item_streams stream
      where stream.work_item_seq = NEW.work_item_seq and stream.checkpoint_position + 1 = NEW.position
    )`,
      },
    ],
  },
  {
    table: 'checkpoints',
    event: 'update',
    rules: frozenButLinks('checkpoint.append_only', ALWAYS, checkpoints, [
      { column: 'work_item_seq', target: 'work_items' },
    ]),
  },
]

/** What was found stays found: a second look adds a row. */
export const checkpointVerificationGuards: readonly Guard[] = [
  {
    table: 'checkpoint_verifications',
    event: 'insert',
    rules: [
      {
        code: 'verification.append_only',
        when: ALWAYS,
        and: 'exists (select 1 from checkpoint_verifications known where known.seq = NEW.seq)',
      },
    ],
  },
  {
    table: 'checkpoint_verifications',
    event: 'update',
    rules: [{ code: 'verification.append_only', when: ALWAYS }],
  },
]
