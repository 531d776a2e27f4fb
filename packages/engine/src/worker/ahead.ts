import type { HeldLease, LeaseRef } from '@holdfast/store'
import type { EngineStore } from '../engine-store.js'
import { leaseKey } from '../lease-key.js'

/**
 * Items that were claimed ahead of a free slot. They are leased and heartbeaten, but have not begun: a worker that
 * dies with them, or hands them back, costs them no attempt.
 */
export class Ahead {
  #leases: HeldLease[] = []

  constructor(private readonly store: Pick<EngineStore, 'leases'>) {}

  get size(): number {
    return this.#leases.length
  }

  add(lease: HeldLease): void {
    this.#leases.push(lease)
  }

  /**
   * Begins up to `count` of them, oldest first, in one batch. Only what the store says has begun may run: an item
   * that ran while it counts as not begun would never use up its attempts.
   */
  async begin(count: number): Promise<{ readonly begun: readonly HeldLease[]; readonly gone: readonly HeldLease[] }> {
    const next = this.#leases.splice(0, count)
    if (next.length === 0) return { begun: [], gone: [] }
    try {
      const answers = await this.store.leases.startAll(next)
      const hasBegun = (_: HeldLease, i: number): boolean => answers[i]?.code === null
      return {
        begun: next.filter(hasBegun).map((lease) => ({ ...lease, isAhead: false })),
        gone: next.filter((lease, i) => !hasBegun(lease, i)),
      }
    } catch (error) {
      this.#leases.unshift(...next)
      throw error
    }
  }

  /** Forgets a lease that can't be kept. */
  drop(lost: LeaseRef): void {
    this.#leases = this.#leases.filter((lease) => leaseKey(lease) !== leaseKey(lost))
  }

  /** Empties it, for handing everything back. */
  takeAll(): readonly HeldLease[] {
    return this.#leases.splice(0)
  }
}
