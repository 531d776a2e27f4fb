import type { StoreWarning } from '../../store.js'
import { toStoreError } from '../database-errors.js'
import type { Timers } from '../timers.js'
import { CheckpointTurn } from './checkpoint-wanted.js'
import { walReaches } from './wal-file.js'
import { WalRound, type WalRoundOptions } from './wal-round.js'

/**
 * How long after each round of a cycle the next one follows. Readers pause meanwhile, so each round finds fewer of them
 * in an old statement; all of it is within what one of them waits at most. The writer works on in between.
 */
const NEXT_ROUND_AFTER_MS: readonly number[] = [1, 2, 4, 8, 16, 32, 32]
/** Between groups the lock is free. When a timer fires, others may be in the middle of one. */
const LOCK_WAIT_MS = 5
/** After a cycle that readers have kept from its end; it doubles up to the longest. Reads go on at full speed meanwhile. */
const FIRST_REST_MS = 20
const LONGEST_REST_MS = 500
/** Between two looks at the WAL's size: a look costs 8 µs, which a writer of small groups would pay a thousand times a second. */
const LOOK_EVERY_MS = 2
/** While another process is at it. */
const OTHERS_TURN_MS = 10
/** After an error, on a full disk for example. */
const REST_AFTER_ERROR_MS = 1_000

export interface WalCheckpointOptions extends WalRoundOptions {
  readonly timers: Timers
  readonly onWarning: (warning: StoreWarning) => void
}

/** A cycle under way: rounds follow each other until the WAL is small, or there is no use in another. */
interface Cycle {
  readonly turn: CheckpointTurn
  rounds: number
}

/**
 * Keeps the WAL small. Whichever process finds it over its bound after a group of its own runs a cycle; the others go on.
 * Runs on the writer's thread, between groups, so a process that only reads never does.
 *
 * The writer is blocked while a round runs (see `wal-round.ts`), never while readers are waited for: between two rounds
 * it works on, and a timer or the next group brings it back. A reader who stays in one snapshot lets the WAL grow; it is
 * tried again twice a second. When he has gone, what has gathered is copied in one round, which blocks all writers: 25 ms
 * for 64 MB on a quick disk, seconds for gigabytes. No reader of the store stays in a snapshot; another program may.
 */
export class WalCheckpoint {
  readonly #round: WalRound
  #cycle: Cycle | undefined
  #restMs = FIRST_REST_MS
  /** Before that there is nothing to do, whatever happens. */
  #notBeforeMs = 0
  #cancelTimer: (() => void) | undefined

  constructor(private readonly options: WalCheckpointOptions) {
    this.#round = new WalRound(options)
  }

  /** To be called between groups, right after the commit. Never throws: the group has been answered. */
  afterGroup(): void {
    if (this.options.timers.monotonicMs() >= this.#notBeforeMs) this.#advance(0)
  }

  close(): void {
    this.#end(0)
    this.#round.close()
  }

  #advance(lockWaitMs: number): void {
    if (this.options.writer.hold.lost) return
    try {
      this.#cycle ??= this.#begin()
      if (this.#cycle) this.#runRound(this.#cycle, lockWaitMs)
    } catch (error) {
      const { code, message } = toStoreError(error)
      this.options.onWarning({ code: 'wal.checkpoint_failed', message, details: { reason: code } })
      this.#end(REST_AFTER_ERROR_MS)
    }
  }

  #begin(): Cycle | undefined {
    const { writer, thresholdBytes } = this.options
    const isOver = walReaches(writer.path, thresholdBytes)
    const turn = isOver ? CheckpointTurn.take(writer.path) : undefined
    if (turn) return { turn, rounds: 0 }
    this.#wait(isOver ? OTHERS_TURN_MS : LOOK_EVERY_MS)
    return undefined
  }

  #runRound(cycle: Cycle, lockWaitMs: number): void {
    const outcome = this.#round.run(lockWaitMs)
    if (outcome === 'small') {
      this.#end(0)
      this.#restMs = FIRST_REST_MS
      return
    }
    const nextMs = NEXT_ROUND_AFTER_MS[cycle.rounds]
    cycle.rounds += 1
    if (nextMs === undefined) {
      this.#end(this.#restMs)
      this.#restMs = Math.min(this.#restMs * 2, LONGEST_REST_MS)
    } else {
      cycle.turn.renew()
      this.#comeBackIn(nextMs)
    }
  }

  #end(restMs: number): void {
    const turn = this.#cycle?.turn
    this.#cycle = undefined
    this.#cancelTimer?.()
    this.#notBeforeMs = 0
    if (restMs > 0) this.#comeBackIn(restMs)
    turn?.end()
  }

  /** By a timer: a writer that nobody gives anything to do must come back as well. */
  #comeBackIn(ms: number): void {
    this.#wait(ms)
    this.#cancelTimer?.()
    this.#cancelTimer = this.options.timers.after(ms, () => this.#advance(LOCK_WAIT_MS))
  }

  #wait(ms: number): void {
    this.#notBeforeMs = this.options.timers.monotonicMs() + ms
  }
}
