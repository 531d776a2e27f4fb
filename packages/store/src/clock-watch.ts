import type { Clock } from './clock.js'
import { CLOCK_TOLERANCE_MS } from './defaults.js'

/**
 * Notices that the wall clock was set, or that the machine slept: wall and monotonic time, which pass alike, have
 * moved apart since the last look.
 */
export class ClockWatch {
  #offsetMs: number

  constructor(
    private readonly clock: Clock,
    private readonly toleranceMs: number = CLOCK_TOLERANCE_MS,
  ) {
    this.#offsetMs = this.#offset()
  }

  /** True once per jump. */
  hasJumped(): boolean {
    const offsetMs = this.#offset()
    const hasJumped = Math.abs(offsetMs - this.#offsetMs) > this.toleranceMs
    this.#offsetMs = offsetMs
    return hasJumped
  }

  #offset(): number {
    return this.clock.nowMs() - this.clock.monotonicMs()
  }
}
