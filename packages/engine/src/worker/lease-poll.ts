import { MAX_PAGE_LIMIT } from '@holdfast/store'
import type { EngineStore } from '../engine-store.js'
import { leaseKey } from '../lease-key.js'
import { pause, type Timers } from '../timers.js'
import type { Execution } from './execution.js'
import { reasonOfLoss } from './lost-lease.js'

export interface LeasePollOptions {
  readonly store: EngineStore
  readonly timers: Timers
  readonly intervalMs: number
  readonly processId: string
  /** The attempts that run now. */
  readonly running: () => Iterable<Execution>
  readonly onError: (error: unknown) => void
}

/**
 * Notices between two heartbeats that a running item was cancelled or taken over, and tells its handler: one read of
 * the process's own leases per interval, whatever their number, and a closer look only at those that are missing.
 */
export class LeasePoll {
  #stopped = new AbortController()
  #loop: Promise<void> = Promise.resolve()

  constructor(private readonly options: LeasePollOptions) {}

  start(): void {
    this.#stopped = new AbortController()
    this.#loop = this.#run(this.#stopped.signal)
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#loop
  }

  async #run(stopped: AbortSignal): Promise<void> {
    const { timers, intervalMs, onError } = this.options
    while (!stopped.aborted) {
      await pause(timers, intervalMs, stopped)
      if (stopped.aborted) return
      await this.look().catch(onError)
    }
  }

  /** One look. */
  async look(): Promise<void> {
    // Taken before the read: what is claimed while it runs can't be missing from it.
    const mine = [...this.options.running()].filter(({ reason }) => reason === undefined)
    if (mine.length === 0) return
    const held = await this.#held()
    const missing = mine.filter(({ lease, reason }) => reason === undefined && !held.has(leaseKey(lease)))
    for (const execution of missing) await this.#tell(execution)
  }

  async #held(): Promise<ReadonlySet<string>> {
    const { store, processId } = this.options
    const held = new Set<string>()
    let afterSeq: number | undefined
    // Ends: every page starts after the last `seq` of the one before.
    for (;;) {
      const page = await store.leases.ofProcess(processId, {
        limit: MAX_PAGE_LIMIT,
        ...(afterSeq === undefined ? {} : { afterSeq }),
      })
      for (const lease of page) held.add(leaseKey(lease))
      if (page.length < MAX_PAGE_LIMIT) return held
      afterSeq = page.at(-1)?.seq
    }
  }

  async #tell(execution: Execution): Promise<void> {
    const reason = await reasonOfLoss(this.options.store, execution.lease)
    // It may have ended by itself while we read; then nobody listens to its signal any more.
    if (reason) execution.abort(reason)
  }
}
