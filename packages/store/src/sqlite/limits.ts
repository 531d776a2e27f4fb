import { DEFAULT_TURN_MS } from './lock/write-turn.js'

/** What bounds the store's queues, groups and waits. Every one can be set in `openStore({ limits })`. */
export interface StoreLimits {
  /** Operations that may wait for the writer; one more is refused with `store.overloaded`. */
  readonly queueOperations: number
  /** About how many bytes of arguments they may hold together. */
  readonly queueBytes: number
  /** Operations in one transaction. Larger groups gain nothing more on the fsync, and hold the lock for longer. */
  readonly groupOperations: number
  /** About how many bytes of arguments in one transaction: bounds what one group adds to the WAL. */
  readonly groupBytes: number
  /** How long a write waits for the database's write lock before `store.busy`. */
  readonly lockWaitMs: number
  /** How long this process may keep the write lock while others wait for it: as large groups, or many small ones. */
  readonly turnMs: number
  /** How long a submission may go unanswered: `store.timeout` before it ran, `store.outcome_unknown` after. */
  readonly submitTimeoutMs: number
  /** Reads that may wait for a reader; one more is refused with `store.readers_exhausted`. */
  readonly readQueueOperations: number
  /** WAL size from which the writer copies it back into the database file. */
  readonly walCheckpointBytes: number
}

export const DEFAULT_LIMITS: StoreLimits = {
  queueOperations: 100_000, // a burst of tens of thousands in one tick is ordinary fan-out
  queueBytes: 268_435_456,
  groupOperations: 1_024,
  groupBytes: 8_388_608,
  lockWaitMs: 10_000, // others hold the lock for milliseconds; ten seconds means that one of them is stopped
  turnMs: DEFAULT_TURN_MS,
  submitTimeoutMs: 30_000,
  readQueueOperations: 10_000,
  walCheckpointBytes: 4_194_304, // a checkpoint of 4 MB holds the lock for 5 to 9 ms, of 64 MB for 25 to 29
}
