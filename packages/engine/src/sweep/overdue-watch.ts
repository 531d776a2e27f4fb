import type { SeenLease } from '@holdfast/store'
import { leaseKey } from '../lease-key.js'

/** A lease as it stands, and since when it has stood so. */
interface Watched {
  readonly leaseExpiresAtMs: number
  readonly sinceMonotonicMs: number
}

/**
 * Finds dead leases that the wall clock can't see: after it was set back, a lease of yesterday's afternoon has hours
 * to go. A live one moves at every heartbeat; one that stood unchanged for longer than its own length, by a clock that
 * never jumps, has nobody behind it.
 */
export class OverdueWatch {
  #watched = new Map<string, Watched>()

  /** Notes all running leases as they are now. What isn't among them any more is forgotten. */
  look(leases: readonly SeenLease[], nowMonotonicMs: number): readonly SeenLease[] {
    const before = this.#watched
    this.#watched = new Map()
    return leases.filter((lease) => {
      const key = leaseKey(lease)
      const seen = before.get(key)
      const stands = seen?.leaseExpiresAtMs === lease.leaseExpiresAtMs
      const sinceMonotonicMs = stands ? seen.sinceMonotonicMs : nowMonotonicMs
      this.#watched.set(key, { leaseExpiresAtMs: lease.leaseExpiresAtMs, sinceMonotonicMs })
      return nowMonotonicMs - sinceMonotonicMs > lease.leaseMs
    })
  }
}
