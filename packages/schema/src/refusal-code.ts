/**
 * The codes that triggers raise, as the whole text of the database's error. The store's typed errors carry the same
 * codes, so a refusal reads alike whether the store or the database said it first.
 */
export const REFUSAL_CODES = [
  'task.exists',
  'task.invalid_insert',
  'task.already_terminal',
  'task.immutable',
  'work_item.exists',
  'work_item.invalid_insert',
  'work_item.already_terminal',
  'work_item.illegal_transition',
  'work_item.immutable',
  'lease.lost',
  'stream.append_only',
  'checkpoint.exists',
  'checkpoint.append_only',
  'checkpoint.position_conflict',
  'verification.append_only',
  'event.append_only',
  'event.position_conflict',
  'idempotency.exists',
  'idempotency.invalid_insert',
  'idempotency.illegal_transition',
  'idempotency.already_completed',
  'idempotency.immutable',
  'document.immutable',
  'section.exists',
  'section.invalid_insert',
  'section.immutable',
  'retention.not_permitted',
] as const
export type RefusalCode = (typeof REFUSAL_CODES)[number]
