import type { Clock } from '@holdfast/store'
import type { EngineStore } from '../engine-store.js'
import type { Timers } from '../timers.js'
import { keeperIdOf } from './keeper-id.js'
import type { LeaseKeeper, LeaseKeeperListener } from './lease-keeper.js'
import { MainLoopKeeper } from './main-loop-keeper.js'
import { ThreadKeeper } from './thread-keeper.js'

export interface LeaseKeeperOptions {
  readonly store: EngineStore
  readonly timers: Timers
  readonly clock: Clock
  readonly kind: 'thread' | 'main'
  readonly listener: LeaseKeeperListener
}

/**
 * A keeper on a thread where one is asked for and another thread can reach the data; otherwise on the main loop.
 *
 * It lets go of every lease when the store stops for good. A thread has a store of its own, which may well go on: it would
 * keep items for a process that can't complete them, from others that can.
 */
export const createLeaseKeeper = (options: LeaseKeeperOptions): LeaseKeeper => {
  const keeper = keeperFor(options)
  options.store.onStop(() => void keeper.stop())
  return keeper
}

const keeperFor = ({ store, timers, clock, kind, listener }: LeaseKeeperOptions): LeaseKeeper => {
  const { engine, location, driver, processId } = store.info()
  const isReachable = engine === 'sqlite' && location !== ':memory:'
  return kind === 'thread' && isReachable
    ? new ThreadKeeper({ path: location, driver, keeperId: keeperIdOf(processId) }, listener)
    : new MainLoopKeeper(store, { timers, clock }, listener)
}
