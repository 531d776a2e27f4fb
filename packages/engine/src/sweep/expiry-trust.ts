import type { Clock } from '@holdfast/store'
import type { ClockWatch } from './clock-watch.js'
import type { Scan } from './scan.js'

/**
 * Whether an expired lease means a dead owner at the moment.
 *
 * Where this process waited long for the write lock, others' heartbeats did too; where the clock was set, every lease
 * has the wrong time on it. Both are over once everybody has had the time for a heartbeat.
 */
export class ExpiryTrust {
  #againAtMs = 0
  #reason: Scan['deferred'] = null

  constructor(
    private readonly clock: Clock,
    private readonly clockWatch: ClockWatch,
    private readonly heartbeatMs: number,
  ) {}

  /** Why expiry can't be trusted now; null when it can. */
  doubt(lockWaitMs: number): Scan['deferred'] {
    const nowMs = this.clock.monotonicMs()
    const hasJumped = this.clockWatch.hasJumped()
    if (hasJumped || lockWaitMs > this.heartbeatMs) {
      this.#reason = hasJumped ? 'clock_jump' : 'lock_wait'
      this.#againAtMs = nowMs + this.heartbeatMs
    }
    return nowMs < this.#againAtMs ? this.#reason : null
  }
}
