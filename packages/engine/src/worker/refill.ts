export interface RefillOptions {
  /** Items that run at once. */
  readonly concurrency: number
  /** Slots that are neither taken nor promised to a claim under way. */
  readonly room: () => number
  /** Claims for so many slots and begins what it gets. @returns how many that were. */
  readonly claim: (wanted: number) => Promise<number>
  /** Sends the settlements of what has ended, so that they go ahead of the claim that fills its slots. */
  readonly flush: () => void
  /** The queues may be empty, or the claim has failed: whoever looks for work at a pace goes on from here. */
  readonly onShort: () => void
  readonly onError: (error: unknown) => void
}

/**
 * Below this a claim for half of the slots costs more than it hides: each is a commit of its own, whatever its size. At 32
 * slots halves gave one process nothing, and took three tenths from four that shared a file on two cores; at 256 they gave
 * one process a fifth (`npm run bench -- jobs --concurrency 32`, level `process`).
 */
const LEAST_TO_HALVE = 128

/**
 * Claims again as soon as enough slots are free, without waiting for the claims that are under way, while the queues
 * hold more than was asked for.
 *
 * In halves: while the store settles one half of the slots and fills it again, the other half runs. With many items that
 * end in the same tick, all in one claim would have handlers and store take turns.
 */
export class Refill {
  readonly #portion: number
  readonly #underWay = new Set<Promise<void>>()
  #isPlentiful = false

  constructor(private readonly options: RefillOptions) {
    const { concurrency } = options
    this.#portion = concurrency < LEAST_TO_HALVE ? concurrency : Math.ceil(concurrency / 2)
  }

  /** Claims of its own that haven't been answered. */
  get isClaiming(): boolean {
    return this.#underWay.size > 0
  }

  /** A claim, whoever made it, has come back: full, it says that there is more. */
  learn(wanted: number, got: number): void {
    this.#isPlentiful = got === wanted
  }

  /** Slots may have become free. Claims for them if they are enough and there is plenty. */
  look(): void {
    if (!this.#isPlentiful || this.options.room() < this.#portion) return
    this.options.flush()
    const claiming = this.#claim()
    this.#underWay.add(claiming)
    void claiming.then(() => this.#underWay.delete(claiming))
  }

  /** Resolves when its claims have been answered. */
  async idle(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  async #claim(): Promise<void> {
    const { claim, onShort, onError } = this.options
    try {
      await claim(this.#portion)
    } catch (error) {
      this.#isPlentiful = false
      onError(error)
    }
    if (!this.#isPlentiful) onShort()
  }
}
