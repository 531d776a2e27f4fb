import type { IdempotencyState } from '@holdfast/schema'
import { operation, query, type Operation } from './operation.js'
import type { Payload } from './payload.js'

/** Proof of a key's lease. */
export interface KeyRef {
  readonly tenant: string
  readonly key: string
  readonly fencingToken: number
}

export interface CheckOrCreateArgs {
  readonly tenant: string
  readonly key: string
  readonly requestHash: string
  readonly owner: string
  readonly processId: string | null
  readonly leaseMs: number
  /** How long the answer is kept, from `nowMs`. */
  readonly ttlMs: number
  readonly taskId: string | null
  readonly workItemId: string | null
  /** The fencing token under which the caller holds `workItemId`, and the owner's name then; null where it holds none. */
  readonly workItemToken: number | null
  readonly nowMs: number
}

/**
 * `created` and `taken_over`: the caller owns the key and must execute. `completed`: the answer is here, byte for
 * byte. `in_progress`: somebody alive is at it; ask again later.
 */
export type KeyOutcome =
  | { readonly outcome: 'created' | 'taken_over'; readonly fencingToken: number; readonly leaseExpiresAtMs: number }
  | { readonly outcome: 'completed'; readonly response: Payload; readonly finishedAtMs: number }
  | { readonly outcome: 'in_progress'; readonly owner: string; readonly leaseExpiresAtMs: number }

export interface KeyRecord {
  readonly key: string
  readonly requestHash: string
  readonly state: IdempotencyState
  readonly fencingToken: number
  readonly owner: string | null
  readonly leaseExpiresAtMs: number | null
  readonly response: Payload | null
  readonly error: string | null
  readonly taskId: string | null
  readonly workItemId: string | null
  readonly createdAtMs: number
  readonly finishedAtMs: number | null
  readonly expiresAtMs: number
}

/**
 * Makes the key, or says what became of it. Taken over, fenced: a failed key, an expired key, and a pending key whose
 * owner is gone. An owner is gone when its lease on the key ran out, when its process has stopped or died, or when the
 * caller holds the lease of the very item for which an earlier attempt took the key.
 *
 * Refused: `idempotency.conflict` (another request under a key whose time is not over), `task.not_found`,
 * `work_item.not_found` (what the key is said to be used for).
 */
export const checkOrCreateKey: Operation<CheckOrCreateArgs, KeyOutcome> = operation('idempotency.checkOrCreate')

/** Extends a pending key's lease. Refused: `idempotency.lost`, `idempotency.not_found`, `idempotency.already_completed`. */
export const heartbeatKey: Operation<
  KeyRef & { readonly leaseMs: number; readonly nowMs: number },
  { readonly leaseExpiresAtMs: number }
> = operation('idempotency.heartbeat')

/** Stores the answer; the first one stands, and the same one again is a duplicate. Refused as `heartbeat`. */
export const completeKey: Operation<
  KeyRef & { readonly response: Payload; readonly nowMs: number },
  { readonly duplicate: boolean }
> = operation('idempotency.complete')

/** Gives the key up after a failure; the next caller takes it over. Refused as `heartbeat`. */
export const failKey: Operation<
  KeyRef & { readonly error: string; readonly nowMs: number },
  { readonly state: 'failed' }
> = operation('idempotency.fail')

/** Removes a key under a permit, whatever its state, so that its effect may run again. */
export const forgetKey: Operation<{ readonly tenant: string; readonly key: string }, { readonly forgotten: boolean }> =
  operation('idempotency.forget')

export const getKey: Operation<{ readonly tenant: string; readonly key: string }, KeyRecord | null> =
  query('idempotency.get')

export const countKeys: Operation<
  { readonly tenant: string; readonly nowMs: number },
  { readonly pending: number; readonly completed: number; readonly failed: number; readonly expired: number }
> = query('idempotency.count')
