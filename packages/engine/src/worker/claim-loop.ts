import { DUE_SPACING_MS, FRUITLESS_PASSES, RING_SPACING_MS } from '../defaults.js'
import type { Timers } from '../timers.js'
import type { PollPace } from './poll-pace.js'

export interface ClaimLoopOptions {
  /** Takes what there is room for. True when there was anything. */
  readonly fill: () => Promise<boolean>
  /** How long until something scheduled is due, as far as the last pass could see; undefined when nothing is. */
  readonly dueInMs: () => number | undefined
  readonly pace: PollPace
  readonly timers: Timers
  readonly onError: (error: unknown) => void
}

/**
 * Looks for work, one pass at a time: when somebody says that there is some, when a slot becomes free, when something
 * scheduled becomes due, and now and then by itself.
 *
 * Whatever is said during a pass is looked at by another one after it: nothing is missed between a look and a sleep.
 */
export class ClaimLoop {
  #isOpen = false
  #isWanted = false
  /** A ring that is to be looked at, but not at once. */
  #hasRung = false
  #fruitless = 0
  #pass: Promise<void> | undefined
  #cancelSleep: (() => void) | undefined

  constructor(private readonly options: ClaimLoopOptions) {}

  get isOpen(): boolean {
    return this.#isOpen
  }

  start(): void {
    this.#isOpen = true
    this.look()
  }

  /** Takes nothing more. Resolves when the pass under way has ended. */
  async stop(): Promise<void> {
    this.#isOpen = false
    this.#cancelSleep?.()
    await this.#pass
  }

  /**
   * The bell rang: somebody, somewhere, made work claimable. The next pass begins now; in a store where others' work
   * rings by the thousand, and passes keep finding none of it, within {@link RING_SPACING_MS}.
   */
  hear(): void {
    if (this.#fruitless < FRUITLESS_PASSES) {
      this.look()
      return
    }
    if (!this.#isOpen || this.#hasRung) return
    this.#hasRung = true
    if (!this.#pass) this.#sleep(RING_SPACING_MS)
  }

  /** There is room, or work: the next pass begins now. */
  look(): void {
    if (!this.#isOpen) return
    this.#isWanted = true
    this.#cancelSleep?.()
    // By setImmediate, so that all slots that become free in one tick are filled by one claim.
    this.#pass ??= new Promise((resolve) => setImmediate(resolve)).then(() => this.#passes())
  }

  async #passes(): Promise<void> {
    let delayMs = 0
    while (this.#isWanted && this.#isOpen) {
      this.#isWanted = false
      delayMs = await this.#onePass()
    }
    this.#pass = undefined
    if (this.#isOpen) this.#sleep(delayMs)
  }

  /** @returns how long to sleep after it. */
  async #onePass(): Promise<number> {
    const { fill, pace, dueInMs, onError } = this.options
    this.#hasRung = false
    try {
      const found = await fill()
      this.#fruitless = found ? 0 : this.#fruitless + 1
      if (found) pace.reset()
      else pace.rest()
    } catch (error) {
      onError(error)
      return pace.next()
    }
    // What is due already was promoted a bounded number at a time, and there is more.
    return Math.min(pace.next(), Math.max(DUE_SPACING_MS, dueInMs() ?? Infinity))
  }

  #sleep(delayMs: number): void {
    this.#cancelSleep?.()
    const sleepMs = this.#hasRung ? Math.min(delayMs, RING_SPACING_MS) : delayMs
    this.#cancelSleep = this.options.timers.after(sleepMs, () => this.look())
  }
}
