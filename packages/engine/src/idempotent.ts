import {
  HEARTBEATS_PER_LEASE,
  IDEMPOTENCY_LEASE_MS,
  IdempotencyInProgressError,
  type HeldLease,
  type KeyRef,
} from '@holdfast/store'
import { IN_PROGRESS_POLL_MS } from './defaults.js'
import type { EngineStore } from './engine-store.js'
import { pause, type Timers } from './timers.js'

export interface IdempotentParts {
  readonly store: Pick<EngineStore, 'idempotency'>
  readonly lease: HeldLease
  readonly timers: Timers
  readonly signal: AbortSignal
}

/**
 * Executes once per key and replays the answer after that. While somebody else executes it waits: failing the attempt
 * would burn it for a matter of seconds. The wait ends with the other's answer, its failure, the end of its lease,
 * or the signal.
 */
export const runIdempotent = async <Answer>(
  key: string,
  request: unknown,
  execute: () => Answer | Promise<Answer>,
  { store, lease, timers, signal }: IdempotentParts,
): Promise<Answer> => {
  const { taskId } = lease
  let isExecuting = false
  for (;;) {
    signal.throwIfAborted()
    try {
      return await store.idempotency.run(key, { request, taskId, lease }, async (ref) => {
        isExecuting = true
        return whileExtended(ref, store, timers, execute)
      })
    } catch (error) {
      // Thrown by `execute` itself, it is the handler's own affair.
      if (isExecuting || !(error instanceof IdempotencyInProgressError)) throw error
      await pause(timers, IN_PROGRESS_POLL_MS, signal)
    }
  }
}

/** Runs `execute` with the key's lease extended beside it, for as long as it takes. */
const whileExtended = async <Answer>(
  ref: KeyRef,
  store: Pick<EngineStore, 'idempotency'>,
  timers: Timers,
  execute: () => Answer | Promise<Answer>,
): Promise<Answer> => {
  const done = new AbortController()
  const extending = (async () => {
    for (;;) {
      await pause(timers, IDEMPOTENCY_LEASE_MS / HEARTBEATS_PER_LEASE, done.signal)
      if (done.signal.aborted) return
      // A heartbeat that fails is not the last word: completing the key says whether it was still ours.
      await store.idempotency.heartbeat(ref).catch(() => {})
    }
  })()
  try {
    return await execute()
  } finally {
    done.abort()
    await extending
  }
}
