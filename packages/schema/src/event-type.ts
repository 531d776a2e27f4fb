/** Journal rows that the triggers write, one per change of state and per checkpoint, and the two that owners add. */
export const EVENT_TYPES = [
  'item.enqueued',
  'lease.claimed',
  'lease.released',
  'lease.expired',
  'item.retried',
  'item.waiting',
  'item.resumed',
  'item.rescheduled',
  'item.completed',
  'item.failed',
  'item.cancelled',
  'checkpoint.begun',
  'checkpoint.appended',
  'checkpoint.verified',
  'checkpoint.invalid',
  'log',
] as const
export type EventType = (typeof EVENT_TYPES)[number]
