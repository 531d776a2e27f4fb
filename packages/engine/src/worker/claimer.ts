import type { HeldLease, Peek } from '@holdfast/store'
import type { EngineStore } from '../engine-store.js'
import type { TaskRegistry } from '../task-registry.js'

export interface ClaimerOptions {
  readonly store: Pick<EngineStore, 'leases'>
  readonly registry: TaskRegistry
  readonly owner: string
  readonly processId: string
  readonly tenants: readonly string[] | undefined
  readonly queues: readonly string[] | undefined
}

/** Items that one claim may ask for. */
const MOST = 1_000

/**
 * Takes work from the queues of the registered definitions, and from no other: an item of a type that nobody here
 * can run stays where it is. Each claim begins at another queue and tenant, so that none is always last.
 */
export class Claimer {
  #rotation = 0

  constructor(private readonly options: ClaimerOptions) {}

  /** Whether a claim would find something, and when the next scheduled item is due. Writes nothing. */
  async peek(): Promise<Peek> {
    const { store, registry, tenants, queues } = this.options
    let found: Peek = { isClaimable: false, nextDueAtMs: null }
    for (const lane of registry.lanes(queues)) {
      found = await store.leases.peek({ queues: lane.queues, ...(tenants ? { tenants } : {}) })
      if (found.isClaimable) break
    }
    return found
  }

  /** Up to `wanted` items; fewer when the queues hold fewer. */
  async claim(wanted: number, { ahead }: { readonly ahead: boolean }): Promise<readonly HeldLease[]> {
    const { store, registry, owner, processId, tenants, queues } = this.options
    const claimed: HeldLease[] = []
    const rotation = this.#rotation++
    const lanes = registry.lanes(queues)
    for (let i = 0; i < lanes.length && claimed.length < wanted; i++) {
      const lane = lanes[(rotation + i) % lanes.length]
      if (!lane) break
      const leases = await store.leases.claim({
        queues: lane.queues,
        leaseMs: lane.leaseMs,
        owner,
        processId,
        ahead,
        rotation,
        limit: Math.min(MOST, wanted - claimed.length),
        ...(tenants ? { tenants } : {}),
      })
      claimed.push(...leases)
    }
    return claimed
  }
}
