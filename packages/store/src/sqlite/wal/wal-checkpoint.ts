import type { StoreWarning } from '../../store.js'
import { beginImmediate, pause } from '../begin.js'
import type { Connection } from '../connection.js'
import { isBusy, toStoreError } from '../database-errors.js'
import type { GroupMarker } from '../group-marker.js'
import { stopWantingCheckpoint, wantCheckpoint } from './checkpoint-wanted.js'
import { readWalHeader, walReaches } from './wal-file.js'

/**
 * How long each round of a cycle leaves old readers to finish the statement that they are in. Most statements take under
 * a millisecond; the later rounds are for the long ones. After the last, the writer goes on, and comes back later.
 */
const DRAINS_MS: readonly number[] = [1, 1, 2, 2, 4, 4, 8, 8, 16, 16, 16, 16]
/** The lock is taken for a checkpoint only if it is soon to be had: its owner has other work to do. */
const LOCK_WAIT_MS = 50
/** After a cycle that couldn't reset the WAL. */
const REST_MS = 50
/** After one that failed, on a full disk for example. */
const REST_AFTER_ERROR_MS = 1_000

export interface WalCheckpointOptions {
  readonly writer: Connection
  readonly marker: GroupMarker
  readonly thresholdBytes: number
  readonly openCheckpointer: () => Connection
  readonly onWarning: (warning: StoreWarning) => void
}

/**
 * Copies the WAL back into the database file, and has it begun anew, so that it stays small. Runs on the writer's
 * thread, between groups.
 *
 *  1. Take the write lock on the write connection; from a second connection, run a PASSIVE checkpoint. Nobody commits
 *     meanwhile: SQLite before 3.51.3 corrupts the file when a commit meets a checkpoint that resets the WAL. Never
 *     TRUNCATE or RESTART, which go without the lock that they can't get.
 *  2. Until all frames are copied, let go and do it again: a reader in an old snapshot holds frames back.
 *  3. Take the lock again. Its snapshot now needs nothing of the WAL, and neither does any reader who starts now, so
 *     wait for the old ones, and write one row: that write begins the WAL anew unless somebody still reads it.
 *  4. The header's salts tell whether it did. If not, begin at 1.
 *
 * Killed anywhere in it, the file is whole: every step is one that SQLite recovers from.
 */
export class WalCheckpoint {
  #checkpointer: Connection | undefined
  #restUntilMs = 0

  constructor(private readonly options: WalCheckpointOptions) {}

  /** Runs a cycle if the WAL has grown to the threshold. Never throws: the group before it has been answered. */
  afterGroup(): void {
    const { writer, thresholdBytes } = this.options
    if (performance.now() < this.#restUntilMs) return
    try {
      if (walReaches(writer.path, thresholdBytes) && !this.run()) this.#restFor(REST_MS)
    } catch (error) {
      this.#restFor(REST_AFTER_ERROR_MS)
      const { code, message } = toStoreError(error)
      this.options.onWarning({ code: 'wal.checkpoint_failed', message, details: { reason: code } })
    }
  }

  /** One cycle now. @returns whether the WAL was begun anew; false when readers or other writers kept it. */
  run(): boolean {
    wantCheckpoint(this.options.writer.path)
    try {
      for (const drainMs of DRAINS_MS) {
        if (this.#copyAll() && this.#beginAnew(drainMs)) return true
        // Nobody holds the lock here: others may write, and readers of old snapshots may finish.
        pause(drainMs)
      }
      return false
    } catch (error) {
      // Somebody else has the lock for longer; the next group looks again.
      if (isBusy(error)) return false
      throw error
    } finally {
      stopWantingCheckpoint(this.options.writer.path)
    }
  }

  #restFor(ms: number): void {
    this.#restUntilMs = performance.now() + ms
  }

  close(): void {
    this.#checkpointer?.close()
    this.#checkpointer = undefined
  }

  /** Steps 1 and 2. */
  #copyAll(): boolean {
    this.#checkpointer ??= this.options.openCheckpointer()
    const statement = this.#checkpointer.prepare('PRAGMA wal_checkpoint(PASSIVE)').raw()
    return this.#locked(() => {
      const [busy, frames, copied] = statement.get() ?? []
      return busy === 0 && frames === copied
    })
  }

  /** Step 3, and the look of step 4. */
  #beginAnew(drainMs: number): boolean {
    const before = readWalHeader(this.options.writer.path)
    this.#locked(() => {
      pause(drainMs)
      this.options.marker.writeBarrier()
    })
    return readWalHeader(this.options.writer.path)?.salts !== before?.salts
  }

  /** Runs `work` under the write lock, and commits. */
  #locked<Result>(work: () => Result): Result {
    beginImmediate(this.options.writer, LOCK_WAIT_MS)
    try {
      const result = work()
      this.options.writer.exec('COMMIT')
      return result
    } catch (error) {
      this.options.writer.exec('ROLLBACK')
      throw error
    }
  }
}
