/** Where the time of one group went, in milliseconds; waiting for the lock is no part of it. */
export interface GroupPace {
  /** All its operations together. */
  readonly operationsMs: number
  /** What it costs however few they are: COMMIT, with its fsync. */
  readonly commitMs: number
}

/** Measures one group after the other, on the thread that runs them. */
export class GroupStopwatch {
  #begunMs = 0
  #lastOperationMs = 0

  constructor(private readonly monotonicMs: () => number) {}

  /** It has the lock. */
  begun(): void {
    this.#begunMs = this.monotonicMs()
    this.#lastOperationMs = this.#begunMs
  }

  /** One of its operations has ended. @returns when, so that nobody has to ask again. */
  operationEnded(): number {
    this.#lastOperationMs = this.monotonicMs()
    return this.#lastOperationMs
  }

  /** Its COMMIT has returned. */
  ended(): GroupPace {
    return {
      operationsMs: this.#lastOperationMs - this.#begunMs,
      commitMs: this.monotonicMs() - this.#lastOperationMs,
    }
  }
}
