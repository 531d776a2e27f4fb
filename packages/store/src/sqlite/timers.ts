/**
 * The time of the store's own waits: queue age, restarts, lock polls. It is not the clock that leases are measured by,
 * so a test that stops that clock doesn't stop the store.
 */
export interface Timers {
  /** Milliseconds since some fixed moment; never goes back. */
  monotonicMs(): number
  /** Calls `fire` once after `delayMs`. The answer cancels it, and does nothing once it fired. */
  after(delayMs: number, fire: () => void): () => void
}

/** The event loop's own. */
export const systemTimers: Timers = {
  monotonicMs: () => performance.now(),
  after: (delayMs, fire) => {
    const timer = setTimeout(fire, delayMs)
    return () => clearTimeout(timer)
  },
}
