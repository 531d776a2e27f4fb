import type { Peek } from '@holdfast/store'

export interface OutlookOptions {
  /** Looks at every lane without writing. */
  readonly peek: () => Promise<Peek>
  readonly nowMs: () => number
  readonly onError: (error: unknown) => void
}

/**
 * What a worker knows of the work that it may claim.
 *
 * While claims find something, it claims without looking. After one that found nothing, it looks first: a look writes
 * nothing and takes no lock, so that a worker without work, and one whose neighbour has all the work, costs others
 * nothing.
 */
export class Outlook {
  #isIdle = false
  #nextDueAtMs: number | null = null

  constructor(private readonly options: OutlookOptions) {}

  /** Claims, unless a look says that there is nothing. A look that fails is reported, and answered by a claim. */
  async claim<Lease>(claim: () => Promise<readonly Lease[]>): Promise<readonly Lease[]> {
    if (this.#isIdle && !(await this.#isWorthAClaim())) return []
    const leases = await claim()
    this.#isIdle = leases.length === 0
    // Nothing for now; so when?
    if (this.#isIdle) await this.#isWorthAClaim()
    return leases
  }

  /** How long until the next scheduled item of the store is due; undefined when none is known. Never below 0. */
  dueInMs(): number | undefined {
    return this.#nextDueAtMs === null ? undefined : Math.max(0, this.#nextDueAtMs - this.options.nowMs())
  }

  async #isWorthAClaim(): Promise<boolean> {
    try {
      const { isClaimable, nextDueAtMs } = await this.options.peek()
      this.#nextDueAtMs = nextDueAtMs
      return isClaimable || (nextDueAtMs !== null && nextDueAtMs <= this.options.nowMs())
    } catch (error) {
      this.#nextDueAtMs = null
      this.options.onError(error)
      return true
    }
  }
}
