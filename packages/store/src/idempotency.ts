import type { IdempotencyState } from '@holdfast/schema'
import { operation, query, type Operation } from './operation.js'
import type { Payload } from './payload.js'

/** Proof of a key's lease. */
export interface KeyRef {
  readonly tenant: string
  readonly key: string
  readonly fencingToken: number
}

/** A pending key as somebody saw it: whoever holds it has neither moved its expiry nor raised its token since. */
export interface SeenKey {
  readonly fencingToken: number
  readonly leaseExpiresAtMs: number
}

/**
 * What may be taken for the key of an owner who is gone. The wall clock alone can't say: after it was set, every lease
 * has the wrong time on it.
 */
export interface KeyTrust {
  /**
   * The longest lease whose expiry by the wall clock is believed: of longer ones, a living owner may not have had the time
   * for a heartbeat since the clock was set.
   */
  readonly trustedLeaseMs: number
  /** The key as it has stood for longer than its lease by monotonic time: its owner is gone, whatever the wall clock says. */
  readonly overdue: SeenKey | null
}

export interface CheckOrCreateArgs extends KeyTrust {
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
  | {
      readonly outcome: 'in_progress'
      readonly owner: string
      readonly fencingToken: number
      readonly leaseMs: number
      readonly leaseExpiresAtMs: number
    }

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
 * owner is gone. An owner is gone when its lease on the key ran out, as far as {@link KeyTrust} lets that be believed,
 * when its process has stopped or died, or when the caller holds the lease of the very item for which an earlier
 * attempt took the key.
 *
 * Refused: `idempotency.conflict` (another request under a key whose time is not over), `task.not_found`,
 * `work_item.not_found` (what the key is said to be used for).
 */
export const checkOrCreateKey: Operation<CheckOrCreateArgs, KeyOutcome> = operation('idempotency.checkOrCreate')

/**
 * Extends a pending key's lease: one that ran out by the wall clock only where its owner knows better (`isLive`).
 * Refused: `idempotency.lost`, `idempotency.not_found`, `idempotency.already_completed`.
 */
export const heartbeatKey: Operation<
  KeyRef & { readonly leaseMs: number; readonly isLive: boolean; readonly nowMs: number },
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
