import type { Counts } from './tally.js'

/** Counters since the worker was made, and one moment's fill. */
export interface WorkerMetrics extends Counts {
  readonly running: number
  readonly ahead: number
  /** Attempts that have ended and aren't written down yet. */
  readonly settling: number
}

/** Runs the items of its task definitions until it is stopped. */
export interface Worker {
  readonly owner: string
  readonly isRunning: boolean
  /** Begins to claim. A second start is a no-op; a stopped worker stays stopped. */
  start(): Promise<void>
  /**
   * Ends within a bounded time: takes no new work, hands back what was claimed ahead, waits `graceMs` for what runs,
   * then aborts it and hands back the rest. No attempt is burnt. Idempotent.
   */
  stop(): Promise<void>
  /** There may be work: looks for it now instead of at the next poll. */
  nudge(): void
  metrics(): WorkerMetrics
}
