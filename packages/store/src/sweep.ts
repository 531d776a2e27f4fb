import type { KeyTrust } from './idempotency.js'
import { operation, query, type Operation } from './operation.js'
import type { LeaseRef } from './work-items.js'

/** A lease as a sweeper saw it. */
export interface SeenLease extends LeaseRef {
  readonly seq: number
  readonly leaseMs: number
  readonly leaseExpiresAtMs: number
}

export interface RecoveredItem {
  readonly tenant: string
  readonly workItemId: string
  readonly state: 'pending' | 'failed'
  readonly attempt: number
  readonly maxAttempts: number
  readonly previousOwner: string
}

/** What one pass over leases did. */
export interface Recovery {
  readonly found: number
  readonly recovered: readonly RecoveredItem[]
  readonly failed: readonly RecoveredItem[]
  readonly errorCheckpoints: number
  /** One bad item doesn't stop the rest. */
  readonly errors: readonly { readonly workItemId: string; readonly code: string; readonly message: string }[]
}

export interface RecoverExpiredArgs {
  /** Who sweeps, for the journal. */
  readonly sweeper: string
  /** At most this many items, 1 to 1,000. */
  readonly limit: number
  /** Ids for the error checkpoints, one per item; empty to write none. */
  readonly checkpointIds: readonly string[]
  /** Leases that stood unchanged for longer than their length by monotonic time: revoked whatever the wall clock says. */
  readonly overdue: readonly SeenLease[]
  /** False where the wall clock was set a moment ago: then only `overdue` ones are taken back. */
  readonly isClockTrusted: boolean
  readonly nowMs: number
}

export interface RecoverProcessArgs {
  readonly processId: string
  readonly sweeper: string
  readonly limit: number
  readonly checkpointIds: readonly string[]
  readonly nowMs: number
}

/**
 * Takes back leases that have run out: requeued while attempts are left, `failed` otherwise, tokens raised, one
 * `error_boundary` checkpoint each. Guarded by token and expiry, so a heartbeat or completion in between wins. What
 * was claimed ahead and never begun goes back with its attempt and without a checkpoint: nothing happened to it.
 */
export const recoverExpired: Operation<RecoverExpiredArgs, Recovery> = operation('sweep.recoverExpired')

/**
 * Marks a process dead and takes its leases back, a bounded number per call; `remaining` while it still has some. Its
 * idempotency keys run out at once, so that the next caller takes them over.
 */
export const recoverProcess: Operation<RecoverProcessArgs, Recovery & { readonly remaining: boolean }> =
  operation('sweep.recoverProcess')

/** `scheduled` items whose time has come become `pending`. */
export const promoteDue: Operation<
  { readonly limit: number; readonly nowMs: number },
  { readonly promoted: number; readonly nextDueAtMs: number | null }
> = operation('sweep.promoteDue')

/** Open items that no worker holds and whose deadline has passed become `failed` with `work_item.deadline_exceeded`. */
export const failOverdue: Operation<{ readonly limit: number; readonly nowMs: number }, { readonly failed: number }> =
  operation('sweep.failOverdue')

/** Goes on with cancellations that were cut short. */
export const continueCancellations: Operation<
  { readonly limit: number; readonly nowMs: number },
  { readonly cancelled: number; readonly remaining: boolean }
> = operation('sweep.continueCancellations')

/** Deletes expired idempotency keys that nobody is working on; what pending ones say is believed as far as `trustedLeaseMs`. */
export const expireKeys: Operation<
  Pick<KeyTrust, 'trustedLeaseMs'> & { readonly limit: number; readonly nowMs: number },
  { readonly deleted: number }
> = operation('sweep.expireKeys')

/**
 * Running leases, those that run out first in front, for a sweeper that watches them by monotonic time. A batch of
 * claims shares one expiry, so a page goes on after an expiry and a `seq`.
 */
export const watchLeases: Operation<
  { readonly after: Pick<SeenLease, 'leaseExpiresAtMs' | 'seq'> | null; readonly limit: number },
  readonly SeenLease[]
> = query('sweep.watchLeases')
