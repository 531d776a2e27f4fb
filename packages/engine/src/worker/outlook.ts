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
 * nothing. The bell is taken at its word as long as the last ring was for this worker: that saves the look's time.
 */
export class Outlook {
  #isIdle = false
  #hasRung = false
  #wasForUs = true
  #nextDueAtMs: number | null = null

  constructor(private readonly options: OutlookOptions) {}

  /** Claims, unless a look says that there is nothing. A look that fails is reported, and answered by a claim. */
  async claim<Lease>(claim: () => Promise<readonly Lease[]>): Promise<readonly Lease[]> {
    const hasRung = this.#hasRung
    this.#hasRung = false
    const isSure = !this.#isIdle || (hasRung && this.#wasForUs)
    if (hasRung) this.#wasForUs = false
    if (!isSure && !(await this.#isWorthAClaim())) return []
    const leases = await claim()
    this.#isIdle = leases.length === 0
    if (hasRung) this.#wasForUs = !this.#isIdle
    // Nothing for now; so when?
    if (this.#isIdle) await this.#isWorthAClaim()
    return leases
  }

  /** The bell rang: the next claim is about it. */
  hear(): void {
    this.#hasRung = true
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
