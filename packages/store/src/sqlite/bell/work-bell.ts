import type { BellWatch } from './bell-watch.js'

/**
 * Those of this process who wait for work, and what wakes them: this store's own commits, and everybody else's through
 * the bell. The file is watched while anybody listens, and no longer.
 */
export class WorkBell {
  readonly #listeners = new Set<() => void>()
  readonly #watch: BellWatch | undefined
  #isClosed = false

  /** @param watchOf Makes the watch of the bell; nothing where no other store can reach the data. */
  constructor(watchOf: ((onRing: () => void) => BellWatch) | undefined) {
    this.#watch = watchOf?.(() => this.tell())
  }

  /** @returns what ends it. The same function twice is two listeners. */
  listen(listener: () => void): () => void {
    const own = (): void => listener()
    if (this.#isClosed) return () => {}
    this.#listeners.add(own)
    this.#watch?.start()
    return () => {
      this.#listeners.delete(own)
      if (this.#listeners.size === 0) this.#watch?.stop()
    }
  }

  /** There may be work. */
  tell(): void {
    for (const listener of this.#listeners) {
      try {
        listener()
      } catch (error) {
        // One that throws must not keep the news from the others, nor be swallowed.
        process.emitWarning(error instanceof Error ? error : String(error))
      }
    }
  }

  close(): void {
    this.#isClosed = true
    this.#listeners.clear()
    this.#watch?.stop()
  }
}
