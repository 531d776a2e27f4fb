/** Measures what a group costs beside its operations: COMMIT, with its fsync. Waiting for the lock is no part of it. */
export class CommitStopwatch {
  #sinceMs: number | undefined

  constructor(private readonly monotonicMs: () => number) {}

  /** The group has the lock, or one of its operations has ended. @returns when, so that nobody has to ask again. */
  lap(): number {
    const nowMs = this.monotonicMs()
    this.#sinceMs = nowMs
    return nowMs
  }

  /** The group has ended. @returns milliseconds since its last lap; undefined when it never had the lock. */
  stop(): number | undefined {
    const sinceMs = this.#sinceMs
    this.#sinceMs = undefined
    return sinceMs === undefined ? undefined : this.monotonicMs() - sinceMs
  }
}
