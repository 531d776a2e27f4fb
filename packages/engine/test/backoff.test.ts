import { describe, expect, it } from 'vitest'
import { DEFAULT_RETRY, nextAttemptAtMs } from '../src/index.js'

describe('the backoff between attempts', () => {
  const policy = { baseMs: 1_000, factor: 2, capMs: 60_000 }

  it('grows with every attempt, up to the cap', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => nextAttemptAtMs(policy, attempt, 0, 1))

    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  })

  it('is anything from nothing to the whole delay', () => {
    expect([0, 0.25, 1].map((random) => nextAttemptAtMs(policy, 3, 10_000, random))).toEqual([10_000, 11_000, 14_000])
  })

  it('is a time that the store takes, at any attempt', () => {
    for (const attempt of [1, 10, 100, 1_000, 1_000_000])
      for (const random of [0, 1 / 3, 0.999, 1]) {
        const delayMs = nextAttemptAtMs(DEFAULT_RETRY, attempt, 1_700_000_000_000, random) - 1_700_000_000_000
        expect(Number.isSafeInteger(delayMs)).toBe(true)
        expect(delayMs).toBeLessThanOrEqual(DEFAULT_RETRY.capMs)
      }
  })
})
