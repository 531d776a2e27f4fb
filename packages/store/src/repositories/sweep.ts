import { MAX_BATCH } from '../defaults.js'
import { InvalidInputError } from '../errors.js'
import { checkInteger, checkName } from '../input.js'
import {
  continueCancellations,
  expireKeys,
  failOverdue,
  promoteDue,
  recoverExpired,
  recoverProcess,
  watchLeases,
  type Recovery,
  type SeenLease,
} from '../sweep.js'
import type { RepositoryContext } from './context.js'
import { leaseRefOf } from './lease-ref.js'

export interface RecoverOptions {
  /** Who sweeps, for the record. */
  readonly sweeper: string
  /** At most this many items, 1 to 1,000. Default 1,000. */
  readonly limit?: number
  /** Whether to write one `error_boundary` checkpoint per item. Default true. */
  readonly errorCheckpoints?: boolean
}

export interface RecoverExpired extends RecoverOptions {
  /** Leases that stood unchanged for longer than their length by monotonic time: revoked whatever the wall clock says. */
  readonly overdue?: readonly SeenLease[]
  /** False where the wall clock was set a moment ago: then only `overdue` ones are taken back. Default true. */
  readonly isClockTrusted?: boolean
}

export interface RecoverProcess extends RecoverOptions {
  readonly processId: string
}

interface Bounded {
  /** 1 to 1,000, which is the default. */
  readonly limit?: number
}

/**
 * The single steps of a sweep: each one bounded, each one across all tenants, each one safe to run in any number of
 * processes at once. When to take which is the engine's policy.
 */
export class Sweep {
  constructor(private readonly context: RepositoryContext) {}

  /**
   * Takes back leases that have run out: requeued while attempts are left, `failed` otherwise. One bad item is named
   * in `errors` and doesn't stop the rest.
   */
  async recoverExpired({ overdue = [], isClockTrusted = true, ...options }: RecoverExpired): Promise<Recovery> {
    return this.context.submits.submit(recoverExpired, {
      ...this.#recovery(options),
      overdue: seenLeases(overdue),
      isClockTrusted,
    })
  }

  /** Marks a process dead and takes its leases back. Call again while `remaining`. */
  async recoverProcess({ processId, ...options }: RecoverProcess): Promise<Recovery & { readonly remaining: boolean }> {
    const args = { processId: checkName('processId', processId), ...this.#recovery(options) }
    return this.context.submits.submit(recoverProcess, args)
  }

  /** `scheduled` items whose time has come become `pending`; `nextDueAtMs` is when the next one's comes. */
  async promoteDue(options: Bounded = {}): Promise<{ readonly promoted: number; readonly nextDueAtMs: number | null }> {
    return this.context.submits.submit(promoteDue, this.#bounded(options))
  }

  /** Items that no worker holds and whose deadline has passed become `failed`. */
  async failOverdue(options: Bounded = {}): Promise<{ readonly failed: number }> {
    return this.context.submits.submit(failOverdue, this.#bounded(options))
  }

  /** Goes on with cancellations that were cut short. */
  async continueCancellations(
    options: Bounded = {},
  ): Promise<{ readonly cancelled: number; readonly remaining: boolean }> {
    return this.context.submits.submit(continueCancellations, this.#bounded(options))
  }

  /** Deletes expired idempotency keys that nobody is working on. */
  async expireKeys(options: Bounded = {}): Promise<{ readonly deleted: number }> {
    const bounded = this.#bounded(options)
    // Swept again and again, so there is time to see that nobody is at those that are pending.
    const trustedLeaseMs = this.context.keyWatch.trustedLeaseMs(true)
    return this.context.submits.submit(expireKeys, { ...bounded, trustedLeaseMs })
  }

  /** Running leases, those that run out first in front; `after` is the last one of the page before. */
  async watchLeases(
    options: Bounded & { readonly after?: Pick<SeenLease, 'leaseExpiresAtMs' | 'seq'> } = {},
  ): Promise<readonly SeenLease[]> {
    const { after } = options
    return this.context.submits.submit(watchLeases, {
      after:
        after === undefined
          ? null
          : {
              leaseExpiresAtMs: checkInteger('leaseExpiresAtMs', after.leaseExpiresAtMs, 0, Number.MAX_SAFE_INTEGER),
              seq: checkSeq(after.seq),
            },
      limit: limitOf(options),
    })
  }

  #recovery({ sweeper, errorCheckpoints = true, ...options }: RecoverOptions): {
    sweeper: string
    limit: number
    checkpointIds: readonly string[]
    nowMs: number
  } {
    const limit = limitOf(options)
    return {
      sweeper: checkName('sweeper', sweeper),
      limit,
      checkpointIds: errorCheckpoints ? Array.from({ length: limit }, () => this.context.ids()) : [],
      nowMs: this.context.clock.nowMs(),
    }
  }

  #bounded(options: Bounded): { limit: number; nowMs: number } {
    return { limit: limitOf(options), nowMs: this.context.clock.nowMs() }
  }
}

const limitOf = ({ limit = MAX_BATCH }: Bounded): number => checkInteger('limit', limit, 1, MAX_BATCH)

const checkSeq = (seq: number): number => checkInteger('seq', seq, 0, Number.MAX_SAFE_INTEGER)

/** Each is a look of its own under the write lock, so there are as many as one step may take. */
const seenLeases = (overdue: readonly SeenLease[]): readonly SeenLease[] => {
  if (!Array.isArray(overdue)) throw new InvalidInputError('overdue is a list of leases that were seen')
  checkInteger('overdue.length', overdue.length, 0, MAX_BATCH)
  return overdue.map((seen: SeenLease) => ({
    ...leaseRefOf(seen),
    seq: checkSeq(seen.seq),
    leaseMs: checkInteger('leaseMs', seen.leaseMs, 0, Number.MAX_SAFE_INTEGER),
    leaseExpiresAtMs: checkInteger('leaseExpiresAtMs', seen.leaseExpiresAtMs, 0, Number.MAX_SAFE_INTEGER),
  }))
}
