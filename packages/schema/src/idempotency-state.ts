/**
 * `pending`: an owner works on it under a lease. `completed`: the answer is kept until the key expires.
 * `failed`: may be taken over by the next caller with the same request.
 */
export const IDEMPOTENCY_STATES = ['pending', 'completed', 'failed'] as const
export type IdempotencyState = (typeof IDEMPOTENCY_STATES)[number]
