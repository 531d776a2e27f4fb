import { refusalOf, type StoreError } from '../../errors.js'
import { beginImmediate, stayedTaken, tryBegin } from '../begin.js'
import { ringAfter } from '../bell/ring-after.js'
import type { Ringer } from '../bell/ringer.js'
import type { Connection } from '../connection.js'
import { toStoreError } from '../database-errors.js'
import { type GroupOutcome, runGroup, type Submission } from '../group.js'
import type { GroupMarker } from '../group-marker.js'
import { LockWait } from '../lock/lock-wait.js'
import { NOBODY_WAITS } from '../lock/want-file.js'
import { WriteTurn } from '../lock/write-turn.js'
import type { SqliteBinding } from '../module.js'
import type { Timers } from '../timers.js'
import type { Writer } from './writer.js'

/** A lock wait of an operation that is run again alone: it blocks the event loop, so it is short. */
const ALONE_WAIT_MS = 20

export interface InlineWriterOptions {
  readonly connection: Connection
  readonly table: ReadonlyMap<string, SqliteBinding>
  readonly lockWaitMs: number
  readonly timers: Timers
  readonly marker?: GroupMarker
  /** None in memory: nobody else could wait for the lock. */
  readonly turn?: WriteTurn
  /** None in memory: nobody else could hear it. */
  readonly ringer?: Ringer
  /** Called between groups, on the connection's own thread. */
  readonly afterGroup?: () => void
  readonly close: () => void
}

/**
 * Runs groups on the caller's thread: for `:memory:`, for tests, and inside a user's bundle, where a thread can't find
 * its modules. A COMMIT blocks the event loop for as long as the disk takes; waiting for the lock doesn't.
 *
 * It is polite as the writer thread is, but asks for the lock by timers, which fire every millisecond at best: between
 * busy writer threads it gets its turn later than they do.
 */
export class InlineWriter implements Writer {
  readonly #turn: WriteTurn

  constructor(private readonly options: InlineWriterOptions) {
    this.#turn = options.turn ?? new WriteTurn(NOBODY_WAITS)
  }

  async ready(): Promise<void> {}

  async run(group: readonly Submission[]): Promise<GroupOutcome> {
    const { timers, lockWaitMs } = this.options
    const owedMs = this.#turn.owedMs(timers.monotonicMs())
    if (owedMs > 0) await this.#pause(owedMs)
    const startedMs = timers.monotonicMs()
    const wait = new LockWait(startedMs, Date.now(), this.#turn.want)
    for (let nowMs = startedMs; ; nowMs = timers.monotonicMs()) {
      const tried = wait.mayTry(nowMs) ? this.#tryBegin() : 'taken'
      if (tried === 'begun') {
        wait.end()
        this.#turn.began(nowMs, wait.hadToWait)
        // From BEGIN to COMMIT there is no await: nobody else runs while this process holds the lock.
        return this.#runLocked(group)
      }
      const isOver = nowMs - startedMs >= lockWaitMs
      if (tried !== 'taken' || isOver) {
        wait.end()
        return refuseAll(group, tried === 'taken' ? stayedTaken(lockWaitMs) : tried)
      }
      await this.#pause(wait.pauseMs(nowMs))
    }
  }

  async close(): Promise<void> {
    this.options.close()
  }

  #tryBegin(): 'begun' | 'taken' | StoreError {
    try {
      return tryBegin(this.options.connection) ? 'begun' : 'taken'
    } catch (error) {
      return toStoreError(error)
    }
  }

  #runLocked(group: readonly Submission[]): GroupOutcome {
    const { connection, table, marker, ringer, timers, afterGroup } = this.options
    const ran = runGroup(connection, table, group, {
      // The first BEGIN is done already.
      begin: () => {
        if (!connection.inTransaction) beginImmediate(connection, ALONE_WAIT_MS, this.#turn.want)
      },
      mustLetGo: () => this.#turn.mustLetGo(timers.monotonicMs()),
      ...(marker && { marker }),
    })
    const outcome = ringAfter(ran, connection, ringer)
    afterGroup?.()
    this.#turn.ended(timers.monotonicMs())
    return outcome
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.options.timers.after(ms, resolve))
  }
}

const refuseAll = (group: readonly Submission[], error: StoreError): GroupOutcome => {
  const refusal = refusalOf(error)
  return {
    verdicts: group.map(() => ({ ok: false, refusal })),
    groupSize: group.length,
    ranAlone: false,
  }
}
