import type { Want, WantMark } from './want-file.js'

/** Between two tries of the one who is first in line. A try costs 25 µs, and the lock lies idle for half of this. */
const FIRST_PAUSE_MS = 0.3
/** Between two looks of those behind, at 4 µs each; within a turn they notice that the first has got his. */
const BEHIND_PAUSE_MS = 1.2
/** Somebody behind tries anyway this often: nothing rests on what others say. */
const BEHIND_TRIES_EVERY_MS = 10
/** Whoever has waited for this long tries like the first in line, whoever else says that he is. */
const IMPATIENT_MS = 100
/**
 * By now nobody polite has the lock: it is a migration, or a process that was stopped. No need to hurry, but often enough
 * not to miss the pause of a writer after all.
 */
const UNUSUAL_MS = 1_000
const UNUSUAL_PAUSE_MS = 2

/** The first in line says so this often, */
const ANNOUNCE_EVERY_MS = 1
/** and is taken for gone when he hasn't for this long: he was killed, stopped, or told that he had waited enough. */
const GONE_AFTER_MS = 5

/**
 * One wait for the write lock. It decides when to try and how long to pause; the caller tries and pauses.
 *
 * Waiters form a line without a queue that the dead would have to be removed from: `<db>-want` names the one who came
 * first, who says so again and again. Only he tries for the lock in short intervals; the others look at the file, and
 * whoever came before the one it names, or finds that one gone, puts himself there. Two who both think that they are
 * first do no harm: the lock itself is SQLite's.
 */
export class LockWait {
  #isFirst = false
  #tries = 0
  #triedMs: number
  #announcedMs = Number.NEGATIVE_INFINITY
  #stamp: number | undefined
  #changedMs: number

  /**
   * @param startedMs  Now, by the same monotonic clock as every `nowMs`.
   * @param cameMs  Now, by the wall clock, which processes share.
   */
  constructor(
    private readonly startedMs: number,
    private readonly cameMs: number,
    private readonly want: Want,
    private readonly random: () => number = Math.random,
  ) {
    this.#triedMs = startedMs
    this.#changedMs = startedMs
  }

  /** Whether somebody else had the lock at first. */
  get hadToWait(): boolean {
    return this.#tries > 1
  }

  /** Whether to try for the lock now. The first time it is, and nobody is told: mostly the lock is free. */
  mayTry(nowMs: number): boolean {
    const mayTry = this.#tries === 0 || this.#isMyTurn(nowMs)
    if (mayTry) {
      this.#tries += 1
      this.#triedMs = nowMs
    }
    return mayTry
  }

  /** How long to stay away after that, in milliseconds. Jitter: two who were refused together must not come back so. */
  pauseMs(nowMs: number): number {
    const waitedMs = nowMs - this.startedMs
    const usualMs = this.#isFirst ? FIRST_PAUSE_MS : BEHIND_PAUSE_MS
    return (waitedMs < UNUSUAL_MS ? usualMs : UNUSUAL_PAUSE_MS) * (0.5 + this.random())
  }

  /** It is over, well or not: the next in line needn't find out by himself. */
  end(): void {
    if (this.#isFirst) this.want.leave()
  }

  #isMyTurn(nowMs: number): boolean {
    const mark = this.want.read()
    this.#isFirst = this.#isFirstIn(mark, nowMs)
    if (this.#isFirst) this.#announce(nowMs)
    return this.#isFirst || nowMs - this.#triedMs >= BEHIND_TRIES_EVERY_MS
  }

  #isFirstIn(mark: WantMark | undefined, nowMs: number): boolean {
    if (mark?.stamp !== this.#stamp) {
      this.#stamp = mark?.stamp
      this.#changedMs = nowMs
    }
    if (nowMs - this.startedMs >= IMPATIENT_MS) return true
    if (mark?.firstCameMs === undefined || this.cameMs <= mark.firstCameMs) return true
    return nowMs - this.#changedMs >= GONE_AFTER_MS
  }

  #announce(nowMs: number): void {
    if (nowMs - this.#announcedMs < ANNOUNCE_EVERY_MS) return
    this.#announcedMs = nowMs
    this.want.announce(this.cameMs)
  }
}
