import type { Timers } from '../timers.js'

/** Ages of the oldest unanswered operation at which people are told, in milliseconds. */
const WARN_AT_MS: readonly number[] = [250, 1_000]

export interface AgeWatchOptions {
  readonly timers: Timers
  /** The age at which an operation is given up. */
  readonly timeoutMs: number
  /** When the oldest operation that has no answer yet was submitted; undefined when there is none. */
  readonly oldestMs: () => number | undefined
  /** Answers everything that was submitted at or before `submittedMs`. */
  readonly giveUpOn: (submittedMs: number) => void
  /** Called once per threshold, until the queue has caught up. */
  readonly warn: (ageMs: number, thresholdMs: number) => void
}

/**
 * Looks after the oldest unanswered operation. One timer serves all, however many wait: it is armed while something is
 * unanswered, and when it fires it looks how old the oldest is by then.
 */
export class AgeWatch {
  #cancel: (() => void) | undefined
  #warned = 0

  constructor(private readonly options: AgeWatchOptions) {}

  /** Something was submitted. */
  arm(): void {
    this.#wait(WARN_AT_MS[0] ?? this.options.timeoutMs)
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #wait(delayMs: number): void {
    this.#cancel ??= this.options.timers.after(delayMs, () => {
      this.#cancel = undefined
      this.#look()
    })
  }

  #look(): void {
    const { timers, timeoutMs, oldestMs, giveUpOn } = this.options
    giveUpOn(timers.monotonicMs() - timeoutMs)
    const submittedMs = oldestMs()
    if (submittedMs === undefined) {
      this.#warned = 0
      return
    }
    const ageMs = timers.monotonicMs() - submittedMs
    this.#warnAt(ageMs)
    const nextMs = Math.min(WARN_AT_MS[this.#warned] ?? timeoutMs, timeoutMs)
    this.#wait(Math.max(1, nextMs - ageMs))
  }

  #warnAt(ageMs: number): void {
    const reached = WARN_AT_MS.filter((thresholdMs) => ageMs >= thresholdMs)
    if (reached.length > this.#warned) this.options.warn(ageMs, reached.at(-1) ?? 0)
    this.#warned = reached.length
  }
}
