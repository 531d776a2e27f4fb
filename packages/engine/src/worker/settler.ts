import { MAX_BATCH, StoreError, type HeldLease } from '@holdfast/store'
import { SETTLE_RETRY_CAP_MS, SETTLE_RETRY_MS } from '../defaults.js'
import type { EngineStore } from '../engine-store.js'
import { InvalidTaskOutputError } from '../errors.js'
import { failureOf } from '../failure.js'
import { pause, type Timers } from '../timers.js'
import { writeEndings, type Ending, type Settled, type Settlement } from './settlement.js'

export interface SettlerOptions {
  readonly store: EngineStore
  readonly timers: Timers
  readonly random: () => number
  readonly onError: (error: unknown) => void
}

/** A settlement on its way. */
interface Waiting extends Ending {
  readonly answer: (settled: Settled) => void
}

/**
 * Writes how attempts ended. All that end in one tick travel together, so that they share a transaction with each
 * other and with the claim that follows them.
 *
 * A settlement that the store can't take now (busy, full disk, outcome unknown) is tried again until it is answered
 * or {@link giveUp} is called: the work is done, and a repeat is recognised by its token.
 */
export class Settler {
  #waiting: Waiting[] = []
  #unanswered = 0
  #idle: (() => void)[] = []
  readonly #givenUp = new AbortController()

  constructor(private readonly options: SettlerOptions) {}

  /** Settlements that the store hasn't answered. */
  get unanswered(): number {
    return this.#unanswered
  }

  /** Resolves with what became of it. Never rejects. */
  settle(lease: HeldLease, settlement: Settlement): Promise<Settled> {
    this.#unanswered += 1
    return new Promise((resolve) => {
      if (this.#waiting.length === 0) setImmediate(() => this.flush())
      const answer = (settled: Settled): void => {
        resolve(settled)
        this.#answered()
      }
      this.#waiting.push({ lease, settlement, answer })
    })
  }

  /** Resolves once everything is answered. */
  idle(): Promise<void> {
    if (this.#unanswered === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** Tries nothing again from now on: what the store doesn't take stays unsettled. */
  giveUp(): void {
    this.#givenUp.abort()
  }

  #answered(): void {
    this.#unanswered -= 1
    if (this.#unanswered > 0) return
    for (const isIdle of this.#idle.splice(0)) isIdle()
  }

  /** Sends what waits now, instead of at the end of the tick. */
  flush(): void {
    const all = this.#waiting
    this.#waiting = []
    for (let at = 0; at < all.length; at += MAX_BATCH) void this.#settleBatch(all.slice(at, at + MAX_BATCH))
  }

  async #settleBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const verdicts = await writeEndings(this.options.store, batch)
      batch.forEach((waiting, i) => {
        const settled = settledBy(verdicts[i])
        if (settled) waiting.answer(settled)
        else void this.#settleAlone(waiting)
      })
    } catch (error) {
      // One value that can't be stored, or a store that can take nothing: alone, each shows which it is.
      if (batch.length > 1) for (const waiting of batch) void this.#settleAlone(waiting)
      else if (batch[0]) void this.#settleAlone(batch[0], error)
    }
  }

  async #settleAlone(waiting: Waiting, cause?: unknown): Promise<void> {
    let settlement = withoutUnstorable(waiting.settlement, cause)
    if (cause !== undefined) this.options.onError(cause)
    // Bounded by the worker's life: giveUp() ends it.
    for (let delayMs = SETTLE_RETRY_MS; ; delayMs = Math.min(delayMs * 2, SETTLE_RETRY_CAP_MS)) {
      const { settled, refusal } = await this.#try({ lease: waiting.lease, settlement })
      if (settled) return waiting.answer(settled)
      const storable = withoutUnstorable(settlement, refusal)
      const isAnother = storable !== settlement
      settlement = storable
      if (isAnother) continue
      this.options.onError(refusal)
      if (this.#givenUp.signal.aborted) return waiting.answer({ as: 'unsettled' })
      await pause(this.options.timers, delayMs * (0.5 + this.options.random() / 2), this.#givenUp.signal)
    }
  }

  async #try(ending: Ending): Promise<{ readonly settled?: Settled | undefined; readonly refusal?: unknown }> {
    try {
      const [verdict] = await writeEndings(this.options.store, [ending])
      return { settled: settledBy(verdict), refusal: verdict?.ok === false ? verdict.refusal : undefined }
    } catch (error) {
      return { refusal: error }
    }
  }
}

type MaybeVerdict = Awaited<ReturnType<typeof writeEndings>>[number] | undefined

/** The answer that a verdict gives, if it is one: a refusal about the lease is, since the item has moved on. */
const settledBy = (verdict: MaybeVerdict): Settled | undefined => {
  if (!verdict) return undefined
  if (verdict.ok) return verdict.value
  const { code } = verdict.refusal
  return code.startsWith('lease.') || code.startsWith('work_item.') ? { as: 'refused', code } : undefined
}

/** A result that can't be stored never will be: the attempt ends as a failure that says so, and isn't repeated. */
const withoutUnstorable = (settlement: Settlement, refusal: unknown): Settlement => {
  if (settlement.kind !== 'completed' || !isAboutTheValue(refusal)) return settlement
  const error = new InvalidTaskOutputError(`the result can't be stored: ${refusal.message}`, {}, { cause: refusal })
  return { kind: 'failed', failure: failureOf(error), retryAtMs: null }
}

const isAboutTheValue = (refusal: unknown): refusal is { readonly code: string; readonly message: string } => {
  if (!(refusal instanceof StoreError) && !(typeof refusal === 'object' && refusal !== null && 'code' in refusal))
    return false
  const { code } = refusal
  return typeof code === 'string' && (code.startsWith('input.') || code === 'store.constraint')
}
