import { pause } from '../begin.js'
import type { Connection } from '../connection.js'
import { isBusy } from '../database-errors.js'
import type { GroupMarker } from '../group-marker.js'
import { readWalHeader, walReaches } from './wal-file.js'

/**
 * What came of one try. `small`: the WAL is below its bound, thanks to us or to somebody else. `held`: somebody reads
 * from it, or wrote in between. `taken`: another process has the write lock.
 */
export type RoundOutcome = 'small' | 'held' | 'taken'

/** Readers get this long, under the lock, to finish the statement that they are in. Most take less than that. */
const DRAIN_MS = 1
/** Between two tries for the lock, where there is time to wait for it. */
const POLL_MS = 0.5
/** Times that the lock is taken in one round. Mostly two are enough, and nobody gets in between. */
const MOST_LOCKS = 4

export interface WalRoundOptions {
  readonly writer: Connection
  readonly marker: GroupMarker
  readonly thresholdBytes: number
  readonly openCheckpointer: () => Connection
}

/**
 * One try at copying the WAL back into the database file and having it begun anew.
 *
 *  1. Take the write lock on the write connection; from a second connection, run a PASSIVE checkpoint. Nobody commits
 *     meanwhile, in any process: SQLite before 3.51.3 corrupts the file when a commit meets a checkpoint that resets the
 *     WAL. Never TRUNCATE or RESTART, which go without the lock that they can't get.
 *  2. Let go, and take the lock again at once. If nobody wrote in between, this transaction's snapshot needs nothing of
 *     the WAL, and neither does that of any reader who starts now. Give the old ones a moment, and write one row: that
 *     write begins the WAL anew unless somebody still reads from it. If somebody wrote in between, this was step 1.
 *  3. The header's salts tell whether it did.
 *
 * Killed anywhere in it, the file is whole: every step is one that SQLite recovers from.
 */
export class WalRound {
  #checkpointer: Connection | undefined

  constructor(private readonly options: WalRoundOptions) {}

  /**
   * Blocks this thread: for the copying (5 to 9 ms for 4 MB, 25 to 29 for 64), a commit, and at most `lockWaitMs` for
   * the lock. Right after a commit of one's own the lock is free: nobody who polls for it is as quick.
   */
  run(lockWaitMs: number): RoundOutcome {
    let copied: number | undefined
    for (let locks = 0; locks < MOST_LOCKS; locks += 1) {
      if (!this.#lock(lockWaitMs)) return 'taken'
      const outcome = this.#underLock(copied)
      if (typeof outcome === 'string') return outcome
      copied = outcome
    }
    return 'held'
  }

  close(): void {
    this.#checkpointer?.close()
    this.#checkpointer = undefined
  }

  /** Commits in any case. @returns the number of frames that the WAL has, all copied, where it isn't begun anew yet. */
  #underLock(copiedBefore: number | undefined): RoundOutcome | number {
    const { writer, thresholdBytes } = this.options
    try {
      const outcome = walReaches(writer.path, thresholdBytes) ? this.#copy() : 'small'
      const isSnapshotFree = outcome === copiedBefore
      const salts = readWalHeader(writer.path)?.salts
      if (isSnapshotFree) this.#writeOneRow()
      writer.exec('COMMIT')
      if (!isSnapshotFree) return outcome
      return readWalHeader(writer.path)?.salts === salts ? 'held' : 'small'
    } catch (error) {
      writer.exec('ROLLBACK')
      throw error
    }
  }

  /**
   * The only WAL checkpoint that there is. The connection refuses it without the lock. A WAL that was taken from this
   * process is not copied: others may have written newer pages since.
   */
  #copy(): 'held' | number {
    const lost = this.options.writer.hold.check()
    if (lost) throw lost
    this.#checkpointer ??= this.options.openCheckpointer()
    const [busy, frames, copied] = this.#checkpointer.prepare('PRAGMA wal_checkpoint(PASSIVE)').raw().get() ?? []
    return busy === 0 && frames === copied ? Number(frames) : 'held'
  }

  #writeOneRow(): void {
    pause(DRAIN_MS)
    this.options.marker.writeBarrier()
  }

  #lock(waitMs: number): boolean {
    const deadlineMs = performance.now() + waitMs
    for (;;) {
      try {
        this.options.writer.exec('BEGIN IMMEDIATE')
        return true
      } catch (error) {
        if (!isBusy(error)) throw error
        if (performance.now() >= deadlineMs) return false
        pause(POLL_MS)
      }
    }
  }
}
