import { StoreBusyError, type StoreError } from '../errors.js'
import type { Connection } from './connection.js'
import { isBusy } from './database-errors.js'
import { LockWait } from './lock/lock-wait.js'
import { NOBODY_WAITS, type Want, wantOf } from './lock/want-file.js'
import type { WriteTurn } from './lock/write-turn.js'

/** How long start-up and a user's transaction wait for the write lock: longer than any group, shorter than patience. */
export const DEFAULT_LOCK_WAIT_MS = 30_000

const sleeper = new Int32Array(new SharedArrayBuffer(4))

/** Blocks this thread. Only the writer's thread and start-up wait like this. */
export const pause = (ms: number): void => {
  Atomics.wait(sleeper, 0, 0, ms)
}

/**
 * Calls `attempt` until it isn't told busy or `waitMs` has passed; at least once. Blocks the thread.
 *
 * SQLite's own busy_timeout starved all but one process for whole runs, and doesn't cover the switch to WAL.
 */
export const retryWhileBusy = <Result>(
  waitMs: number,
  attempt: () => Result,
  wait: LockWait = new LockWait(performance.now(), Date.now(), NOBODY_WAITS),
): Result => {
  const untilMs = performance.now() + waitMs
  let refusal: unknown
  try {
    for (;;) {
      const nowMs = performance.now()
      if (wait.mayTry(nowMs)) {
        try {
          return attempt()
        } catch (error) {
          if (!isBusy(error)) throw error
          refusal = error
        }
      }
      const leftMs = untilMs - nowMs
      if (leftMs <= 0) throw stayedTaken(waitMs, refusal)
      pause(Math.min(wait.pauseMs(nowMs), leftMs))
    }
  } finally {
    wait.end()
  }
}

/** What a wait of `waitMs` ends with when the lock was never free. */
export const stayedTaken = (waitMs: number, cause?: unknown): StoreError =>
  new StoreBusyError(`the write lock stayed taken for ${waitMs} ms`, { waitedMs: waitMs }, { cause })

type Lockable = Pick<Connection, 'exec' | 'path'>

/**
 * Takes the write lock, waiting at most `lockWaitMs` for others, who are asked to let go of it: see `lock/`.
 *
 * It blocks the thread while it waits. It is for what takes the lock now and then: a migration, a WAL checkpoint. Who
 * takes it again and again leaves it to others in between: {@link beginTurn}.
 *
 * @throws {StoreBusyError} `store.busy`: somebody held it all that time. Nothing was begun.
 */
export const beginImmediate = (connection: Lockable, lockWaitMs: number, want: Want = wantOf(connection.path)): void =>
  begin(connection, lockWaitMs, new LockWait(performance.now(), Date.now(), want))

/**
 * Takes the write lock for one more transaction of a writer, which stays off it for a moment first when its turn is over
 * and others wait. Blocks the thread; `turn.ended` is to be called when the transaction has ended.
 *
 * @throws {StoreBusyError} `store.busy`: as {@link beginImmediate}.
 */
export const beginTurn = (connection: Lockable, turn: WriteTurn, lockWaitMs: number): void => {
  const owedMs = turn.owedMs(performance.now())
  if (owedMs > 0) pause(owedMs)
  const wait = new LockWait(performance.now(), Date.now(), turn.want)
  begin(connection, lockWaitMs, wait)
  turn.began(performance.now(), wait.hadToWait)
}

const begin = (connection: Lockable, lockWaitMs: number, wait: LockWait): void =>
  retryWhileBusy(lockWaitMs, () => connection.exec('BEGIN IMMEDIATE'), wait)

/** Takes the write lock if nobody has it. @returns whether it did. */
export const tryBegin = (connection: Pick<Connection, 'exec'>): boolean => {
  try {
    connection.exec('BEGIN IMMEDIATE')
    return true
  } catch (error) {
    if (!isBusy(error)) throw error
    return false
  }
}
