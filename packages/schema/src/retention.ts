/** Tables whose rows may be deleted only under a permit that lives inside the deleting transaction. */
export const PERMIT_KINDS = ['task', 'work_item', 'checkpoint', 'verification', 'event', 'idempotency_key'] as const
export type PermitKind = (typeof PERMIT_KINDS)[number]
