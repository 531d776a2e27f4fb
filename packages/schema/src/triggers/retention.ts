import type { PermitKind } from '../retention.js'
import { ALWAYS, type Guard } from './rule.js'

/** True when this row may go: a permit for it lies in the transaction that deletes it. */
const permitted = (kind: PermitKind, rowSeq: string): string =>
  `exists (select 1 from retention_permits permit where permit.kind = '${kind}' and permit.row_seq = ${rowSeq})`

/** True while the row that would take this one along is still there, so that no cascade is at work. */
const stands = (table: string, seq: string): string =>
  `exists (select 1 from ${table} parent where parent.seq = ${seq})`

const deletion = (table: string, and: string): Guard => ({
  table,
  event: 'delete',
  rules: [{ code: 'retention.not_permitted', when: ALWAYS, and }],
})

/** A protected row goes under a permit of its own, or together with the row it belongs to. */
export const retentionGuards: readonly Guard[] = [
  deletion('tasks', `not ${permitted('task', 'OLD.seq')}`),
  deletion('work_items', `${stands('tasks', 'OLD.task_seq')}\n      and not ${permitted('work_item', 'OLD.seq')}`),
  deletion('checkpoints', `${stands('tasks', 'OLD.task_seq')}\n      and not ${permitted('checkpoint', 'OLD.seq')}`),
  deletion(
    'checkpoint_verifications',
    `${stands('checkpoints', 'OLD.checkpoint_seq')}\n      and not ${permitted('verification', 'OLD.seq')}`,
  ),
  // An event has no number of its own: a permit opens the journal of one item.
  deletion(
    'events',
    `${stands('work_items', 'OLD.work_item_seq')}\n      and not ${permitted('event', 'OLD.work_item_seq')}`,
  ),
  deletion('idempotency_keys', `not ${permitted('idempotency_key', 'OLD.seq')}`),
]
