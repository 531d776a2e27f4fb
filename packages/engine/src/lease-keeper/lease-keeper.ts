import type { LeaseRef } from '@holdfast/store'
import type { LiveLease } from './heartbeats.js'

/** Keeps a worker's leases alive while its handlers run. */
export interface LeaseKeeper {
  start(): Promise<void>
  /** From now on these leases are extended. Synchronous: a handler that blocks right after it loses nothing. */
  hold(leases: readonly LiveLease[]): void
  drop(lease: LiveLease): void
  stop(): Promise<void>
}

/** What the keeper tells the worker. */
export interface LeaseKeeperListener {
  /** The lease can't be extended: `lease.lost`, `lease.expired`, `work_item.already_terminal`, `work_item.not_found`. */
  readonly onRefused: (lease: LeaseRef, code: string, message: string) => void
  /** Heartbeats that got no answer. They are tried again. */
  readonly onError: (error: unknown) => void
}
