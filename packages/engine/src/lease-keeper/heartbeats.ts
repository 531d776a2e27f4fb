import { HEARTBEATS_PER_LEASE, MAX_BATCH, type LeaseAnswer, type LeaseRef } from '@holdfast/store'
import { leaseKey } from '../lease-key.js'
import type { Timers } from '../timers.js'

/** A lease to keep alive. */
export interface LiveLease extends LeaseRef {
  readonly leaseMs: number
}

export interface HeartbeatsOptions {
  /** Extends leases of one length; one answer each. */
  readonly beat: (leases: readonly LeaseRef[], leaseMs: number) => Promise<readonly LeaseAnswer[]>
  /** A lease that can't be extended any more: it is no longer held, and `code` says why. */
  readonly onRefused: (lease: LeaseRef, code: string, message: string) => void
  /** A batch that got no answer. It is tried again soon. */
  readonly onError: (error: unknown) => void
  readonly timers: Timers
}

/**
 * Keeps leases alive until they are dropped: each is extended at a third of its length, so that one heartbeat may be
 * lost to a stalled disk and the next still has a third to spare. Leases of one length travel in one batch.
 */
export class Heartbeats {
  readonly #rhythms = new Map<number, Rhythm>()

  constructor(private readonly options: HeartbeatsOptions) {}

  hold(lease: LiveLease): void {
    let rhythm = this.#rhythms.get(lease.leaseMs)
    if (!rhythm) {
      rhythm = new Rhythm(lease.leaseMs, this.options)
      this.#rhythms.set(lease.leaseMs, rhythm)
    }
    rhythm.hold(lease)
  }

  drop(lease: LiveLease): void {
    this.#rhythms.get(lease.leaseMs)?.drop(lease)
  }

  /** Ends every rhythm. Resolves when the batch under way, if any, has been answered. */
  async stop(): Promise<void> {
    await Promise.all([...this.#rhythms.values()].map((rhythm) => rhythm.stop()))
  }
}

/** The leases of one length, and the timer that extends them. Silent while it holds none. */
class Rhythm {
  readonly #held = new Map<string, LeaseRef>()
  #cancel: (() => void) | undefined
  #beating: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(
    private readonly leaseMs: number,
    private readonly options: HeartbeatsOptions,
  ) {}

  hold({ tenant, workItemId, fencingToken }: LiveLease): void {
    const ref = { tenant, workItemId, fencingToken }
    this.#held.set(leaseKey(ref), ref)
    if (!this.#cancel) this.#arm(this.leaseMs / HEARTBEATS_PER_LEASE)
  }

  drop(lease: LeaseRef): void {
    this.#held.delete(leaseKey(lease))
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
    try {
      const all = [...this.#held.values()]
      for (let at = 0; at < all.length; at += MAX_BATCH) await this.#beatBatch(all.slice(at, at + MAX_BATCH))
    } catch (error) {
      // Sooner than usual: a store that was busy for a moment must not cost a lease.
      delayMs /= 4
      this.options.onError(error)
    }
    this.#cancel = undefined
    if (this.#held.size > 0) this.#arm(delayMs)
  }

  async #beatBatch(batch: readonly LeaseRef[]): Promise<void> {
    const answers = await this.options.beat(batch, this.leaseMs)
    answers.forEach(({ code, message }, i) => {
      const lease = batch[i]
      // Dropped meanwhile: it has ended well, and the refusal only says so.
      if (code === null || !lease || !this.#held.delete(leaseKey(lease))) return
      this.options.onRefused(lease, code, message ?? code)
    })
  }
}
