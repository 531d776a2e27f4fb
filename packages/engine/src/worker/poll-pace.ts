/**
 * How long to wait before looking for work again: short after work was found, longer and longer while looks fail, and as
 * long as may be once there is none, because the bell tells of more.
 */
export class PollPace {
  #delayMs: number

  constructor(
    private readonly firstMs: number,
    private readonly mostMs: number,
    private readonly random: () => number,
  ) {
    this.#delayMs = firstMs
  }

  /** Work was found, or somebody says that there is some. */
  reset(): void {
    this.#delayMs = this.firstMs
  }

  /** There was none. */
  rest(): void {
    this.#delayMs = this.mostMs
  }

  /** The next wait. Jitter keeps many processes from looking at the same moments; the cap holds with it. */
  next(): number {
    const delayMs = Math.min(this.#delayMs, this.mostMs)
    this.#delayMs = Math.min(this.mostMs, this.#delayMs * 2)
    return delayMs * (0.75 + this.random() / 4)
  }
}
