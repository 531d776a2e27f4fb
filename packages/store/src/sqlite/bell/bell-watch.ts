import type { StoreWarning } from '../../store.js'
import type { Timers } from '../timers.js'
import type { BellFile } from './bell-file.js'

/** Between two looks whether the bell is still the one that is watched; and between two rings where none can be watched. */
export const BELL_POLL_MS = 500

export interface BellWatchOptions {
  readonly file: BellFile
  readonly timers: Timers
  /** There may be work. Called for every ring, and wherever one may have been missed. */
  readonly onRing: () => void
  readonly onWarning: (warning: StoreWarning) => void
}

/**
 * Listens to the bell of a database.
 *
 * From the moment that `start()` returns, every ring is heard: so arm, then look for work, then sleep. A bell that was
 * replaced is found again within {@link BELL_POLL_MS}. Where none can be watched (no inotify watches left, too many open
 * files, no permission), that is reported once, and `onRing` is called at every poll instead, until watching works.
 */
export class BellWatch {
  #watched: { readonly identity: string; close(): void } | undefined
  #cancelPoll: (() => void) | undefined
  #isReported = false

  constructor(private readonly options: BellWatchOptions) {}

  start(): void {
    if (this.#cancelPoll) return
    this.#arm()
    this.#pollLater()
  }

  stop(): void {
    this.#cancelPoll?.()
    this.#cancelPoll = undefined
    this.#disarm()
  }

  #pollLater(): void {
    this.#cancelPoll = this.options.timers.after(BELL_POLL_MS, () => {
      this.#poll()
      this.#pollLater()
    })
  }

  #poll(): void {
    if (this.#watched && this.#isSame(this.#watched.identity)) return
    this.#disarm()
    this.#arm()
    // Between the last bell and this one, rings were lost.
    this.options.onRing()
  }

  #isSame(identity: string): boolean {
    try {
      return this.options.file.identify() === identity
    } catch (error) {
      this.#report(error)
      return false
    }
  }

  #arm(): void {
    const { file, onRing } = this.options
    try {
      // Before the watch: a file that is put in its place in between is seen as another one at the next poll.
      const identity = file.identify()
      const watcher = file.watch(onRing, (error) => this.#lost(error))
      this.#watched = { identity, close: () => watcher.close() }
    } catch (error) {
      this.#report(error)
    }
  }

  #disarm(): void {
    this.#watched?.close()
    this.#watched = undefined
  }

  /** The next poll watches anew. */
  #lost(error: unknown): void {
    this.#disarm()
    if (error !== undefined) this.#report(error)
    this.options.onRing()
  }

  #report(error: unknown): void {
    if (this.#isReported) return
    this.#isReported = true
    const reason = error instanceof Error ? error.message : String(error)
    this.options.onWarning({
      code: 'bell.unwatched',
      message: `the bell can't be watched, so new work of other processes is found by polling: ${reason}`,
      details: { reason, pollMs: BELL_POLL_MS },
    })
  }
}
