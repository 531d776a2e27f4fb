import {
  HEARTBEATS_PER_LEASE,
  IDEMPOTENCY_LEASE_MS,
  IdempotencyInProgressError,
  type Clock,
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
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly signal: AbortSignal
}

/**
 * Executes once per key and replays the answer after that. While somebody else executes it waits: failing the attempt
 * would burn it for a matter of seconds. The wait ends with the other's answer, its failure, its death, the end of its
 * lease, or the signal. Whoever lives keeps the key, however somebody sets the wall clock.
 */
export const runIdempotent = async <Answer>(
  key: string,
  request: unknown,
  execute: () => Answer | Promise<Answer>,
  { store, lease, timers, clock, signal }: IdempotentParts,
): Promise<Answer> => {
  const { taskId } = lease
  let isExecuting = false
  for (;;) {
    signal.throwIfAborted()
    const askedAtMs = clock.monotonicMs()
    try {
      return await store.idempotency.run(key, { request, taskId, lease, isPatient: true }, async (ref) => {
        isExecuting = true
        return whileExtended({ ref, takenAtMs: askedAtMs }, { store, timers, clock }, execute)
      })
    } catch (error) {
      // Thrown by `execute` itself, it is the handler's own affair.
      if (isExecuting || !(error instanceof IdempotencyInProgressError)) throw error
      await pause(timers, IN_PROGRESS_POLL_MS, signal)
    }
  }
}

/**
 * Runs `execute` with the key's lease extended beside it, for as long as it takes. A lease that by monotonic time has not
 * run out is extended although somebody set the wall clock past its end.
 */
const whileExtended = async <Answer>(
  { ref, takenAtMs }: { readonly ref: KeyRef; readonly takenAtMs: number },
  { store, timers, clock }: Pick<IdempotentParts, 'store' | 'timers' | 'clock'>,
  execute: () => Answer | Promise<Answer>,
): Promise<Answer> => {
  const done = new AbortController()
  let extendedAtMs = takenAtMs
  const extending = (async () => {
    for (;;) {
      await pause(timers, IDEMPOTENCY_LEASE_MS / HEARTBEATS_PER_LEASE, done.signal)
      if (done.signal.aborted) return
      const nowMs = clock.monotonicMs()
      try {
        await store.idempotency.heartbeat(ref, { isLive: nowMs - extendedAtMs < IDEMPOTENCY_LEASE_MS })
        extendedAtMs = nowMs
      } catch {
        // A heartbeat that fails is not the last word: completing the key says whether it was still ours.
      }
    }
  })()
  try {
    return await execute()
  } finally {
    done.abort()
    await extending
  }
}
