import { HEARTBEATS_PER_LEASE, MAX_BATCH, type Clock, type LeaseAnswer, type LeaseRef } from '@holdfast/store'
import { leaseKey, leaseOfKey } from '../lease-key.js'
import type { Timers } from '../timers.js'

/** A lease to keep alive. */
export interface LiveLease extends LeaseRef {
  readonly leaseMs: number
}

export interface HeartbeatsOptions {
  /** Extends leases of one length; one answer each. `isLive`: by monotonic time, none of them can have run out. */
  readonly beat: (leases: readonly LeaseRef[], leaseMs: number, isLive: boolean) => Promise<readonly LeaseAnswer[]>
  /** A lease that can't be extended any more: it is no longer held, and `code` says why. */
  readonly onRefused: (lease: LeaseRef, code: string, message: string) => void
  /** A batch that got no answer. It is tried again soon. */
  readonly onError: (error: unknown) => void
  readonly timers: Timers
  readonly clock: Pick<Clock, 'monotonicMs'>
}

/**
 * Keeps leases alive until they are dropped: each is extended at a third of its length, so that one heartbeat may be
 * lost to a stalled disk and the next still has a third to spare. Leases of one length travel in one batch.
 *
 * Somebody may set the wall clock forwards between two heartbeats. Whoever knows by monotonic time that its leases have
 * not run out says so with the next one, and keeps them.
 */
export class Heartbeats {
  readonly #rhythms = new Map<number, Rhythm>()

  constructor(private readonly options: HeartbeatsOptions) {}

  hold(lease: LiveLease): void {
    this.holdKey(leaseKey(lease), lease.leaseMs)
  }

  drop(lease: LiveLease): void {
    this.dropKey(leaseKey(lease), lease.leaseMs)
  }

  /** {@link hold}, by the lease's key: one text crosses a thread sooner than an object. */
  holdKey(key: string, leaseMs: number): void {
    let rhythm = this.#rhythms.get(leaseMs)
    if (!rhythm) {
      rhythm = new Rhythm(leaseMs, this.options)
      this.#rhythms.set(leaseMs, rhythm)
    }
    rhythm.hold(key)
  }

  dropKey(key: string, leaseMs: number): void {
    this.#rhythms.get(leaseMs)?.drop(key)
  }

  /** Ends every rhythm. Resolves when the batch under way, if any, has been answered. */
  async stop(): Promise<void> {
    await Promise.all([...this.#rhythms.values()].map((rhythm) => rhythm.stop()))
  }
}

/** The leases of one length, and the timer that extends them. Silent while it holds none. */
class Rhythm {
  /** The keys of the leases, taken apart when they are due: most are dropped before. */
  readonly #held = new Set<string>()
  #cancel: (() => void) | undefined
  #beating: Promise<void> = Promise.resolve()
  #stopped = false
  /** All that are held were claimed or extended after this moment. */
  #extendedAtMs = 0

  constructor(
    private readonly leaseMs: number,
    private readonly options: HeartbeatsOptions,
  ) {}

  hold(key: string): void {
    this.#held.add(key)
    if (this.#cancel) return
    this.#extendedAtMs = this.options.clock.monotonicMs()
    this.#arm(this.leaseMs / HEARTBEATS_PER_LEASE)
  }

  drop(key: string): void {
    this.#held.delete(key)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel?.()
    await this.#beating
  }

  #arm(delayMs: number): void {
    if (this.#stopped) return
    this.#cancel = this.options.timers.after(delayMs, () => {
      this.#beating = this.#beat()
    })
  }

  async #beat(): Promise<void> {
    let delayMs = this.leaseMs / HEARTBEATS_PER_LEASE
    const nowMs = this.options.clock.monotonicMs()
    const isLive = nowMs - this.#extendedAtMs < this.leaseMs
    try {
      const all = [...this.#held]
      for (let at = 0; at < all.length; at += MAX_BATCH) await this.#beatBatch(all.slice(at, at + MAX_BATCH), isLive)
      this.#extendedAtMs = nowMs
    } catch (error) {
      // Sooner than usual: a store that was busy for a moment must not cost a lease.
      delayMs /= 4
      this.options.onError(error)
    }
    this.#cancel = undefined
    if (this.#held.size > 0) this.#arm(delayMs)
  }

  async #beatBatch(keys: readonly string[], isLive: boolean): Promise<void> {
    const answers = await this.options.beat(keys.map(leaseOfKey), this.leaseMs, isLive)
    answers.forEach(({ code, message }, i) => {
      const key = keys[i]
      // Dropped meanwhile: it has ended well, and the refusal only says so.
      if (code === null || key === undefined || !this.#held.delete(key)) return
      this.options.onRefused(leaseOfKey(key), code, message ?? code)
    })
  }
}
