import { nowMs } from './clock.mjs'

/** Counts the handlers that began: when the first and the last did, and of how many different jobs. */
export const newTally = () => {
  let began = 0
  let firstMs
  let lastMs
  const different = new Set()
  const waiting = new Map()
  return {
    began(n) {
      lastMs = nowMs()
      firstMs ??= lastMs
      began += 1
      different.add(n)
      waiting.get(n)?.(lastMs)
    },
    /** When job `n` begins; ask before it is enqueued. */
    startOf: (n) => new Promise((resolve) => waiting.set(n, resolve)),
    progress: () => ({ began, distinct: different.size, firstMs: firstMs ?? null, lastMs: lastMs ?? null }),
  }
}
