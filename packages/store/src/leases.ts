import type { WorkState } from '@holdfast/schema'
import { operation, query, type Operation, type Refusal, type RefusalDetails } from './operation.js'
import type { Payload } from './payload.js'
import type { LeaseRef } from './work-items.js'

export interface ClaimArgs {
  /** Claims name their tenants and queues; several are taken in turn, starting at `rotation`. */
  readonly tenants: readonly string[]
  readonly queues: readonly string[]
  /** Only this task's items, whatever their queue; null for any. Needs exactly one tenant. */
  readonly taskId: string | null
  readonly owner: string
  readonly processId: string | null
  /** Items to take, 1 to 1,000. */
  readonly limit: number
  readonly leaseMs: number
  /** True to claim without beginning: such items cost no attempt until `start`. */
  readonly ahead: boolean
  readonly rotation: number
  readonly nowMs: number
}

export interface PeekArgs {
  readonly tenants: readonly string[]
  readonly queues: readonly string[]
}

/** What there is for a worker at the moment. */
export interface Peek {
  /** An item is pending in one of its queues. */
  readonly isClaimable: boolean
  /** When the next scheduled item of any queue is due; past when it waits to be promoted, which a claim does. */
  readonly nextDueAtMs: number | null
}

/** The right to work on an item until `leaseExpiresAtMs`. */
export interface Lease extends LeaseRef {
  readonly taskId: string
  readonly isRoot: boolean
  readonly type: string
  readonly queue: string
  readonly priority: number
  readonly attempt: number
  readonly maxAttempts: number
  readonly leaseMs: number
  readonly leaseExpiresAtMs: number
  readonly isAhead: boolean
  readonly input: Payload
  readonly deadlineAtMs: number | null
  readonly timeoutMs: number | null
  readonly createdAtMs: number
}

/** What became of one lease of a batch: `code` is null when it was granted. */
export interface LeaseAnswer {
  readonly workItemId: string
  readonly code: string | null
  readonly message: string | null
  /** Of a refusal: the held and the current token, for example. */
  readonly details: RefusalDetails
  readonly leaseExpiresAtMs: number | null
}

export interface LeaseBatchArgs {
  /** 1 to 1,000 leases. */
  readonly leases: readonly LeaseRef[]
  readonly nowMs: number
}

export interface HeartbeatArgs extends LeaseBatchArgs {
  /** The new length, counted from `nowMs`. */
  readonly leaseMs: number
  /**
   * The holder knows, by a clock that never jumps, that its leases have not run out: then only a wall clock that was set
   * forwards can say so, and the tokens decide alone.
   */
  readonly isLive: boolean
}

export interface CompleteArgs extends LeaseRef {
  readonly result: Payload
  readonly nowMs: number
}

export interface Completed {
  readonly state: 'completed'
  /** True when this very lease had completed the item with this very result before (an unknown outcome, asked again). */
  readonly duplicate: boolean
}

export interface CompleteAllArgs {
  /** 1 to 1,000 completions. */
  readonly completions: readonly Omit<CompleteArgs, 'nowMs'>[]
  readonly nowMs: number
}

/** What became of a batch. A completion that is not named here ended its item. */
export interface CompletedBatch {
  /** Places in the batch of those that had been completed before, with this very result. */
  readonly duplicates: readonly number[]
  readonly refusals: readonly { readonly index: number; readonly refusal: Refusal }[]
}

export interface FailArgs extends LeaseRef {
  /** JSON: `{ code, message, … }`. */
  readonly error: string
  /** When to try again, while attempts are left; null to fail for good. */
  readonly retryAtMs: number | null
  readonly nowMs: number
}

export interface Failed {
  readonly state: 'pending' | 'scheduled' | 'failed'
  readonly attempt: number
  readonly maxAttempts: number
}

export interface ReleaseArgs extends LeaseRef {
  /** `ahead_returned` for an item that was claimed ahead and never begun. */
  readonly reason: 'released' | 'ahead_returned'
  /** Not before then; null for at once. */
  readonly visibleAtMs: number | null
  readonly nowMs: number
}

export interface LeaseStatus {
  readonly state: WorkState
  readonly owner: string | null
  readonly processId: string | null
  readonly fencingToken: number
  readonly attempt: number
  readonly leaseExpiresAtMs: number | null
  /** Its time is over, and nobody has revoked it yet. */
  readonly isExpired: boolean
}

/**
 * Leases up to `limit` pending items to `owner`, in claim order (priority, then age) within each queue. Items whose
 * time has come are promoted first, a bounded number per claim. Two callers never receive the same item.
 *
 * @see Fencing tokens: M. Kleppmann, "How to do distributed locking", 2016.
 */
export const claim: Operation<ClaimArgs, readonly Lease[]> = operation('leases.claim')

/**
 * Whether a claim would find something now, and when it would. Writes nothing and takes no lock, so that a worker without
 * work costs others nothing.
 */
export const peek: Operation<PeekArgs, Peek> = query('leases.peek')

/** Begins items that were claimed ahead. Codes per lease: `lease.lost`, `work_item.not_found`, `work_item.already_terminal`. */
export const startLeases: Operation<LeaseBatchArgs, readonly LeaseAnswer[]> = operation('leases.start')

/** Extends leases, and nothing else. Codes per lease: as `start`, and `lease.expired` once the time of one is over. */
export const heartbeat: Operation<HeartbeatArgs, readonly LeaseAnswer[]> = operation('leases.heartbeat')

/**
 * Ends an item with its result; the first terminal state wins. Accepted after expiry as long as nobody revoked the
 * lease, and again with the same result.
 *
 * Refused: `work_item.not_found`; `lease.lost` to whoever's token is no longer the item's, whatever became of the item
 * since (`details.state` says that); `work_item.already_terminal` to the lease that ended the item itself.
 */
export const complete: Operation<CompleteArgs, Completed> = operation('leases.complete')

/** `complete` for a batch. Each is answered on its own: a lost lease says nothing about its neighbours. */
export const completeAll: Operation<CompleteAllArgs, CompletedBatch> = operation('leases.complete_all')

/** Ends this attempt: back to the queue at `retryAtMs` while attempts are left, `failed` otherwise. Refused as `complete`. */
export const fail: Operation<FailArgs, Failed> = operation('leases.fail')

/** Hands an item back without burning an attempt. Refused as `complete`. */
export const release: Operation<ReleaseArgs, { readonly state: 'pending' | 'scheduled' }> = operation('leases.release')

export const leaseStatus: Operation<
  { readonly tenant: string; readonly workItemId: string; readonly nowMs: number },
  LeaseStatus | null
> = query('leases.status')

/** The leases that a process holds, oldest first. */
export const leasesOfProcess: Operation<
  { readonly processId: string; readonly afterSeq: number | null; readonly limit: number },
  readonly (LeaseRef & { readonly seq: number; readonly leaseExpiresAtMs: number; readonly isAhead: boolean })[]
> = query('leases.ofProcess')
