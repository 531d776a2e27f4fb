import { RETRY_BASE_MS, RETRY_CAP_MS, RETRY_FACTOR } from './defaults.js'

/** How long an item rests between attempts. */
export interface RetryPolicy {
  /** The longest delay before attempt 2. */
  readonly baseMs: number
  /** Each further attempt may wait this many times longer. */
  readonly factor: number
  /** No delay is longer. */
  readonly capMs: number
}

export const DEFAULT_RETRY: RetryPolicy = { baseMs: RETRY_BASE_MS, factor: RETRY_FACTOR, capMs: RETRY_CAP_MS }

/**
 * When the attempt after `attempt` may begin: exponential backoff with full jitter and a cap.
 *
 * Full jitter (anything from nothing to the whole delay) spreads a crowd of items that failed together best.
 *
 * @param attempt The one that failed, from 1.
 * @param random  From 0 to 1, so that a test can choose it.
 * @see M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015
 */
export const nextAttemptAtMs = (policy: RetryPolicy, attempt: number, nowMs: number, random: number): number => {
  const delayMs = Math.min(policy.capMs, policy.baseMs * policy.factor ** (attempt - 1))
  return nowMs + Math.round(delayMs * random)
}
