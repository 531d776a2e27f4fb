import type { Want } from './want-file.js'

/**
 * How long a writer may go on while others wait. A commit takes 1 to 5 ms, each change of writers about a quarter of one.
 * Eight busy ones then wait some 30 ms for their turn.
 */
export const DEFAULT_TURN_MS = 3
/** How long it then stays off the lock: any waiter asks within that, see `lock-wait.ts`. */
const OFF_MS = 1.2
/** A look at the want file takes 4 µs, so that small groups look once in a while only. */
const LOOK_EVERY_MS = 1

/**
 * One connection's turn at the write lock: decides when it has had the lock for long enough, and for how long it stays
 * away. It does nothing to the lock and waits for nothing; `begin.ts` and the inline writer act on it.
 *
 * SQLite gives the lock to whoever asks at the right moment, which is nearly always whoever has just let go of it. So a
 * writer whose turn is over, and who sees in `<db>-want` that somebody waits, stays off the lock for
 * a moment before its next transaction. Where nobody waits, it never pauses; a pause that nobody used is one of a turn.
 *
 * A turn spans as many transactions as follow closely on each other; time off the lock ends it as well.
 */
export class WriteTurn {
  #startedMs = Number.NEGATIVE_INFINITY
  #takenMs = 0
  #endedMs = Number.NEGATIVE_INFINITY
  #lookedMs = 0
  #stamp: number | undefined
  #isWanted = false

  constructor(
    readonly want: Want,
    private readonly turnMs: number = DEFAULT_TURN_MS,
  ) {}

  /** Before a transaction. @returns how long to stay off the lock first, in milliseconds; mostly 0. */
  owedMs(nowMs: number): number {
    const offMs = nowMs - this.#endedMs
    if (offMs >= OFF_MS || !this.#isOver(nowMs, this.#startedMs)) return 0
    return OFF_MS - offMs
  }

  /** The lock was taken. `hadToWait`: somebody else had it, so a turn begins. */
  began(nowMs: number, hadToWait: boolean): void {
    if (hadToWait || nowMs - this.#endedMs >= OFF_MS) this.#restart(nowMs)
    this.#takenMs = nowMs
  }

  /** The lock was let go of. */
  ended(nowMs: number): void {
    this.#endedMs = nowMs
  }

  /** Inside a transaction: whether to commit what there is, so that others needn't wait for the rest of a large group. */
  mustLetGo(nowMs: number): boolean {
    return this.#isOver(nowMs, this.#takenMs)
  }

  #isOver(nowMs: number, sinceMs: number): boolean {
    return nowMs - sinceMs >= this.turnMs && this.#look(nowMs)
  }

  /** Whether anybody has said that he waits since this turn began. Who was seen once stays seen until the next turn. */
  #look(nowMs: number): boolean {
    if (this.#isWanted || nowMs - this.#lookedMs < LOOK_EVERY_MS) return this.#isWanted
    this.#lookedMs = nowMs
    const mark = this.want.read()
    this.#isWanted = mark?.firstCameMs !== undefined && mark.stamp !== this.#stamp
    return this.#isWanted
  }

  /** What was said until now, by ourselves too, is over. Whoever still waits says it again within a millisecond. */
  #restart(nowMs: number): void {
    this.#startedMs = nowMs
    this.#lookedMs = nowMs
    this.#isWanted = false
    this.#stamp = this.want.read()?.stamp
  }
}
