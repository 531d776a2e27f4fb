import type { StoreError } from '../errors.js'

/** The end of all writing in a store that stays open: why, and who wants to hear of it. */
export class FullStop {
  #reason: StoreError | undefined
  readonly #listeners = new Set<(reason: StoreError) => void>()

  get reason(): StoreError | undefined {
    return this.#reason
  }

  /** The first reason stands. */
  stop(reason: StoreError): void {
    if (this.#reason) return
    this.#reason = reason
    for (const listener of this.#listeners) listener(reason)
    this.#listeners.clear()
  }

  /** At once, where it has stopped. @returns Ends it. */
  listen(listener: (reason: StoreError) => void): () => void {
    if (this.#reason) listener(this.#reason)
    else this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
