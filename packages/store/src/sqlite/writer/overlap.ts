/** Weight of the newest group in the running means: a dozen groups later the old ones are forgotten. */
const NEWEST = 0.2

/** How many COMMITs long the callers' work has to be: a second group costs one, and the pages that both have to write. */
const WORTH = 2

/**
 * Whether the writer should get a second group before it has answered the first.
 *
 * Where the callers' thread has more to do between two groups than a COMMIT takes, it should: the writer works on one half
 * of the operations while that thread, on another core, answers the other half and prepares what follows. Where COMMIT
 * waits for a disk, or the callers do next to nothing, it should not: every caller that waits for the first group belongs
 * into the second.
 */
export class Overlap {
  #commitMs = Number.POSITIVE_INFINITY
  #callersMs = 0
  #busyMs: number | undefined

  /** @param busyMs How long this thread has been at work since it began. */
  constructor(private readonly busyMs: () => number = () => performance.eventLoopUtilization().active) {}

  /** A group of so many operations has come back, whose COMMIT took so long. */
  learn(operations: number, commitMs: number): void {
    const busyMs = this.busyMs()
    const callersMs = (busyMs - (this.#busyMs ?? busyMs)) / operations
    const isFirst = this.#busyMs === undefined
    this.#busyMs = busyMs
    this.#commitMs = isFirst ? commitMs : this.#commitMs + (commitMs - this.#commitMs) * NEWEST
    this.#callersMs += (callersMs - this.#callersMs) * NEWEST
  }

  /** Whether to have `operations` under way as two groups instead of one after the other. */
  isWorthIt(operations: number): boolean {
    return operations * this.#callersMs > WORTH * this.#commitMs
  }
}
