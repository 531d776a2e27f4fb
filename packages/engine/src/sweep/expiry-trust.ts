import { ClockWatch, HEARTBEATS_PER_LEASE, type Clock } from '@holdfast/store'
import type { Scan } from './scan.js'

/**
 * Whether an expired lease means a dead owner at the moment.
 *
 * Where this process waited long for the write lock, others' heartbeats did too; where the clock was set, every lease
 * has the wrong time on it; and whoever begins to look can't see whether it was set a moment ago. All are over once
 * everybody has had the time for a heartbeat, also for that of the longest lease that runs.
 */
export class ExpiryTrust {
  readonly #clockWatch: ClockWatch
  readonly #startedAtMs: number
  #lockTrustedAtMs = 0
  #clockTrustedAtMs = 0

  constructor(
    private readonly clock: Clock,
    /** The usual lease. */
    private readonly leaseMs: number,
  ) {
    this.#clockWatch = new ClockWatch(clock)
    this.#startedAtMs = clock.monotonicMs()
  }

  /** Why expiry can't be trusted now; null when it can. Asked before each look at the wall clock. */
  doubt({ lockWaitMs, longestLeaseMs }: Circumstances): Scan['deferred'] {
    const nowMs = this.clock.monotonicMs()
    const heartbeatMs = Math.max(this.leaseMs, longestLeaseMs) / HEARTBEATS_PER_LEASE
    const trustedAtMs = nowMs + heartbeatMs
    if (lockWaitMs > this.leaseMs / HEARTBEATS_PER_LEASE) this.#lockTrustedAtMs = trustedAtMs
    if (this.#clockWatch.hasJumped()) this.#clockTrustedAtMs = trustedAtMs
    if (nowMs < this.#lockTrustedAtMs) return 'lock_wait'
    if (nowMs < this.#clockTrustedAtMs) return 'clock_jump'
    return nowMs < this.#startedAtMs + heartbeatMs ? 'first_look' : null
  }
}

interface Circumstances {
  /** How long this process has just waited for the write lock. */
  readonly lockWaitMs: number
  /** The longest of the leases that run. */
  readonly longestLeaseMs: number
}
