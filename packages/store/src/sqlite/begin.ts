import { StoreBusyError } from '../errors.js'
import type { DriverConnection } from './connection.js'
import { isBusy } from './database-errors.js'

/** Polls start this far apart and double up to the cap: a group commit takes 1 to 10 ms. */
const FIRST_PAUSE_MS = 0.5
const LONGEST_PAUSE_MS = 10

/** How long start-up and a user's transaction wait for the write lock: longer than any group, shorter than patience. */
export const DEFAULT_LOCK_WAIT_MS = 30_000

const sleeper = new Int32Array(new SharedArrayBuffer(4))

/** Blocks this thread. Only the writer's thread and start-up wait like this. */
export const pause = (ms: number): void => {
  Atomics.wait(sleeper, 0, 0, ms)
}

/**
 * Calls `attempt` until it isn't told busy or `waitMs` has passed; at least once.
 *
 * SQLite's own busy_timeout starved all but one process for whole runs, and doesn't cover the switch to WAL.
 */
export const retryWhileBusy = <Result>(waitMs: number, attempt: () => Result): Result => {
  const deadline = performance.now() + waitMs
  let pauseMs = FIRST_PAUSE_MS
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error)) throw error
      const leftMs = deadline - performance.now()
      if (leftMs <= 0)
        throw new StoreBusyError(`the write lock stayed taken for ${waitMs} ms`, { waitedMs: waitMs }, { cause: error })
      // Jitter: waiters that were refused together must not come back together.
      pause(Math.min(pauseMs * (0.5 + Math.random()), leftMs))
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    }
  }
}

/**
 * Takes the write lock, waiting at most `lockWaitMs` for other processes.
 *
 * The polite lock belongs here: a waiter touches `<db>-want` between polls, and the writer that sees it pauses after
 * its commit, so that no process starves.
 *
 * @throws {StoreBusyError} `store.busy`: somebody held it all that time. Nothing was begun.
 */
export const beginImmediate = (connection: Pick<DriverConnection, 'exec'>, lockWaitMs: number): void =>
  retryWhileBusy(lockWaitMs, () => connection.exec('BEGIN IMMEDIATE'))
