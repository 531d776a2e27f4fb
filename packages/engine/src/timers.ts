/** The engine's waits. Injected, so that tests fire them by moving a clock. */
export interface Timers {
  /** Calls `fire` once after `delayMs`. The answer cancels it, and does nothing once it fired. */
  after(delayMs: number, fire: () => void): () => void
}

/** setTimeout takes 31 bits; a longer wait fires early and is armed again by whoever still waits. */
const LONGEST_MS = 2_147_483_647

/** The event loop's timers. */
export const systemTimers: Timers = {
  after: (delayMs, fire) => {
    const timer = setTimeout(fire, Math.min(Math.max(0, delayMs), LONGEST_MS))
    return () => clearTimeout(timer)
  },
}

/** Resolves after `delayMs`, or at once when `signal` aborts. Never rejects: the caller looks at what it waited for. */
export const pause = (timers: Timers, delayMs: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const wake = (): void => {
      cancel()
      signal?.removeEventListener('abort', wake)
      resolve()
    }
    const cancel = timers.after(delayMs, wake)
    signal?.addEventListener('abort', wake, { once: true })
  })

/** Whether `promise` settled within `delayMs`. It goes on by itself if it didn't. */
export const settledWithin = async (timers: Timers, delayMs: number, promise: Promise<unknown>): Promise<boolean> => {
  const enough = new AbortController()
  const settled = promise.then(
    () => true,
    () => true,
  )
  const tooLate = pause(timers, delayMs, enough.signal).then(() => false)
  try {
    return await Promise.race([settled, tooLate])
  } finally {
    enough.abort()
  }
}
