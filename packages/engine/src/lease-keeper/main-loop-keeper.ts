import type { Clock } from '@holdfast/store'
import type { EngineStore } from '../engine-store.js'
import type { Timers } from '../timers.js'
import { Heartbeats, type LiveLease } from './heartbeats.js'
import type { LeaseKeeper, LeaseKeeperListener } from './lease-keeper.js'

/**
 * Heartbeats from the event loop that the handlers run on: for `:memory:` stores, which no other thread can reach,
 * and for fake clocks. A handler that blocks the loop for longer than its lease loses it.
 */
export class MainLoopKeeper implements LeaseKeeper {
  readonly #heartbeats: Heartbeats

  constructor(
    store: Pick<EngineStore, 'leases'>,
    time: { readonly timers: Timers; readonly clock: Clock },
    listener: LeaseKeeperListener,
  ) {
    this.#heartbeats = new Heartbeats({
      beat: (leases, leaseMs, isLive) => store.leases.heartbeatAll(leases, { leaseMs, isLive }),
      ...time,
      ...listener,
    })
  }

  async start(): Promise<void> {}

  hold(leases: readonly LiveLease[]): void {
    for (const lease of leases) this.#heartbeats.hold(lease)
  }

  drop(lease: LiveLease): void {
    this.#heartbeats.drop(lease)
  }

  stop(): Promise<void> {
    return this.#heartbeats.stop()
  }
}
