import type { GroupPace } from './group-pace.js'

/** Weight of the newest group in the running means: a dozen groups later the old ones are forgotten. */
const NEWEST = 0.2

/**
 * How much longer the operations must take than a COMMIT. Two half groups pay it twice, and win what the caller's thread
 * does meanwhile, which is about half of what their operations take the writer.
 */
const WORTH = 2

/**
 * Whether the writer should get a second group before it has answered the first.
 *
 * Where COMMIT is cheap, it should: it works on one half of the operations while the caller's thread answers the other
 * half and prepares what follows, on another core. Where COMMIT waits for a disk it should not: every caller that waits
 * for the first group belongs into the second, because each group costs an fsync.
 */
export class Overlap {
  #commitMs = Number.POSITIVE_INFINITY
  #operationMs = 0

  /** What a group of so many operations took. */
  learn(operations: number, { operationsMs, commitMs }: GroupPace): void {
    if (operations === 0) return
    const operationMs = operationsMs / operations
    if (this.#commitMs === Number.POSITIVE_INFINITY) {
      this.#commitMs = commitMs
      this.#operationMs = operationMs
      return
    }
    this.#commitMs += (commitMs - this.#commitMs) * NEWEST
    this.#operationMs += (operationMs - this.#operationMs) * NEWEST
  }

  /** Whether to have `operations` under way as two groups instead of one after the other. */
  isWorthIt(operations: number): boolean {
    return operations > 1 && operations * this.#operationMs > WORTH * this.#commitMs
  }
}
