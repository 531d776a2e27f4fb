import type { Timers } from '../timers.js'
import type { PollPace } from './poll-pace.js'

export interface ClaimLoopOptions {
  /** Takes what there is room for. True when there was anything. */
  readonly fill: () => Promise<boolean>
  readonly pace: PollPace
  readonly timers: Timers
  readonly onError: (error: unknown) => void
}

/**
 * Looks for work, one pass at a time: when somebody says that there is some, when a slot becomes free, and at a pace
 * that slows down while there is none.
 */
export class ClaimLoop {
  #isOpen = false
  #isWanted = false
  #pass: Promise<void> | undefined
  #cancelPoll: (() => void) | undefined

  constructor(private readonly options: ClaimLoopOptions) {}

  get isOpen(): boolean {
    return this.#isOpen
  }

  start(): void {
    this.#isOpen = true
    this.nudge()
  }

  /** Takes nothing more. Resolves when the pass under way has ended. */
  async stop(): Promise<void> {
    this.#isOpen = false
    this.#cancelPoll?.()
    await this.#pass
  }

  /** There may be work: the next pass begins now, and the pace is quick again. */
  nudge(): void {
    this.options.pace.reset()
    this.look()
  }

  /** There is room: the next pass begins now. */
  look(): void {
    if (!this.#isOpen) return
    this.#isWanted = true
    this.#cancelPoll?.()
    // By setImmediate, so that all slots that become free in one tick are filled by one claim.
    this.#pass ??= new Promise((resolve) => setImmediate(resolve)).then(() => this.#passes())
  }

  async #passes(): Promise<void> {
    const { fill, pace, timers, onError } = this.options
    while (this.#isWanted && this.#isOpen) {
      this.#isWanted = false
      try {
        if (await fill()) pace.reset()
      } catch (error) {
        onError(error)
      }
    }
    this.#pass = undefined
    if (this.#isOpen) this.#cancelPoll = timers.after(pace.next(), () => this.look())
  }
}
