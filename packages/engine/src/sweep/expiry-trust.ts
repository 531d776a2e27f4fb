import { HEARTBEATS_PER_LEASE, type Clock } from '@holdfast/store'
import type { ClockWatch } from './clock-watch.js'
import type { Scan } from './scan.js'

/**
 * Whether an expired lease means a dead owner at the moment.
 *
 * Where this process waited long for the write lock, others' heartbeats did too; where the clock was set, every lease
 * has the wrong time on it. Both are over once everybody has had the time for a heartbeat, also for that of the longest
 * lease that runs.
 */
export class ExpiryTrust {
  #lockTrustedAtMs = 0
  #clockTrustedAtMs = 0

  constructor(
    private readonly clock: Clock,
    private readonly clockWatch: ClockWatch,
    /** The usual lease. */
    private readonly leaseMs: number,
  ) {}

  /** Why expiry can't be trusted now; null when it can. Asked before each look at the wall clock. */
  doubt({ lockWaitMs, longestLeaseMs }: Circumstances): Scan['deferred'] {
    const nowMs = this.clock.monotonicMs()
    const trustedAtMs = nowMs + Math.max(this.leaseMs, longestLeaseMs) / HEARTBEATS_PER_LEASE
    if (lockWaitMs > this.leaseMs / HEARTBEATS_PER_LEASE) this.#lockTrustedAtMs = trustedAtMs
    if (this.clockWatch.hasJumped()) this.#clockTrustedAtMs = trustedAtMs
    if (nowMs < this.#lockTrustedAtMs) return 'lock_wait'
    return nowMs < this.#clockTrustedAtMs ? 'clock_jump' : null
  }
}

interface Circumstances {
  /** How long this process has just waited for the write lock. */
  readonly lockWaitMs: number
  /** The longest of the leases that run. */
  readonly longestLeaseMs: number
}
