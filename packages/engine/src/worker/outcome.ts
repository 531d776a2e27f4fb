import { LeaseLostError, StoreError } from '@holdfast/store'
import { nextAttemptAtMs } from '../backoff.js'
import { CancelledError, DeadlineExceededError, ShutdownError, TimeoutError } from '../errors.js'
import { failureOf, isRetryable, type Failure } from '../failure.js'
import type { AnyTaskDefinition } from '../task-definition.js'

/** How the handler ended: it came back, it threw, or it was left behind after ignoring its signal. */
export type Ending =
  | { readonly how: 'returned'; readonly value: unknown }
  | { readonly how: 'threw'; readonly error: unknown }
  | { readonly how: 'abandoned' }

/** What to write about this attempt. `lost`: nothing, the item is somebody else's now. */
export type Outcome =
  | { readonly kind: 'completed'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly retryAtMs: number | null }
  | { readonly kind: 'released' }
  | { readonly kind: 'lost'; readonly code: string }

export interface Attempt {
  readonly definition: AnyTaskDefinition
  readonly attempt: number
  /** Why the signal was aborted; undefined when it wasn't. */
  readonly reason: unknown
  readonly nowMs: number
  readonly random: number
}

/**
 * What becomes of an attempt.
 *
 * A lost lease leaves nothing to write. A timeout or a deadline is the outcome even if the handler came back after
 * it: whoever set it was told that no result would follow. At shutdown a result that came in time still counts, and
 * everything else goes back to the queue with its attempt.
 */
export const outcomeOf = (ending: Ending, attempt: Attempt): Outcome => {
  const { reason } = attempt
  const lost = lossCodeOf(reason)
  if (lost !== undefined) return { kind: 'lost', code: lost }
  if (reason instanceof TimeoutError || reason instanceof DeadlineExceededError) return failed(reason, attempt)
  if (ending.how === 'returned') return { kind: 'completed', result: ending.value }
  if (reason instanceof ShutdownError) return { kind: 'released' }
  // A lease that ran out is nobody else's yet: say so, and the next attempt needn't wait for a sweep.
  if (reason !== undefined) return failed(reason, attempt)
  return failed(ending.how === 'threw' ? ending.error : undefined, attempt)
}

/** Reasons after which the item is no longer ours to write about. */
const LOSS_CODES: ReadonlySet<string> = new Set([LeaseLostError.code, CancelledError.code])

const lossCodeOf = (reason: unknown): string | undefined =>
  reason instanceof StoreError && LOSS_CODES.has(reason.code) ? reason.code : undefined

const failed = (error: unknown, { definition, attempt, nowMs, random }: Attempt): Outcome => ({
  kind: 'failed',
  failure: failureOf(error),
  retryAtMs: isRetryable(error) ? nextAttemptAtMs(definition.retry, attempt, nowMs, random) : null,
})
