import type { Failure } from '../failure.js'

/** The item and attempt that an event is about. */
export interface AttemptRef {
  readonly tenant: string
  readonly taskId: string
  readonly workItemId: string
  readonly type: string
  readonly attempt: number
}

/** What a worker tells whoever listens: for logs and metrics. Nothing depends on it being heard. */
export type WorkerEvent =
  | ({ readonly event: 'item.started' } & AttemptRef)
  | ({ readonly event: 'item.completed'; readonly durationMs: number } & AttemptRef)
  | ({ readonly event: 'item.retried'; readonly failure: Failure; readonly durationMs: number } & AttemptRef)
  | ({ readonly event: 'item.failed'; readonly failure: Failure; readonly durationMs: number } & AttemptRef)
  | ({ readonly event: 'item.released' } & AttemptRef)
  /** The lease ended while the handler ran; `code` says how. Nothing was written. */
  | ({ readonly event: 'item.lost'; readonly code: string } & AttemptRef)
  /** The handler ignored its signal for the whole grace time, and its slot was given to others. */
  | ({ readonly event: 'item.abandoned' } & AttemptRef)
  /** The worker had to stop before the store took its outcome: the item runs again. */
  | ({ readonly event: 'item.unsettled' } & AttemptRef)
  /** An item of a type without a definition here went back to its queue. */
  | ({ readonly event: 'item.unknown_type' } & AttemptRef)
  /** The worker goes on; what it tried will be tried again. */
  | {
      readonly event: 'worker.error'
      readonly during: 'claim' | 'settle' | 'heartbeat' | 'lease_poll' | 'process' | 'retention'
      readonly error: unknown
    }
