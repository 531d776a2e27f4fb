import { refusalOf, StoreBusyError, type StoreError } from '../../errors.js'
import { beginImmediate } from '../begin.js'
import { ringAfter } from '../bell/ring-after.js'
import type { Ringer } from '../bell/ringer.js'
import type { Connection } from '../connection.js'
import { toStoreError } from '../database-errors.js'
import { type GroupOutcome, runGroup, type Submission } from '../group.js'
import type { GroupMarker } from '../group-marker.js'
import type { SqliteBinding } from '../module.js'
import type { Timers } from '../timers.js'
import type { Writer } from './writer.js'

/** Between two tries for the lock. The event loop is free meanwhile; jitter keeps waiters from returning together. */
const POLL_MS = 4

/** A lock wait of an operation that is run again alone: it blocks the event loop, so it is short. */
const ALONE_WAIT_MS = 20

export interface InlineWriterOptions {
  readonly connection: Connection
  readonly table: ReadonlyMap<string, SqliteBinding>
  readonly lockWaitMs: number
  readonly timers: Timers
  readonly marker?: GroupMarker
  /** None in memory: nobody else could hear it. */
  readonly ringer?: Ringer
  /** Called between groups, on the connection's own thread. */
  readonly afterGroup?: () => void
  readonly close: () => void
}

/**
 * Runs groups on the caller's thread: for `:memory:`, for tests, and inside a user's bundle, where a thread can't find
 * its modules. A COMMIT blocks the event loop for as long as the disk takes; waiting for the lock doesn't.
 */
export class InlineWriter implements Writer {
  constructor(private readonly options: InlineWriterOptions) {}

  async ready(): Promise<void> {}

  async run(group: readonly Submission[]): Promise<GroupOutcome> {
    const { timers, lockWaitMs } = this.options
    const deadlineMs = timers.monotonicMs() + lockWaitMs
    for (;;) {
      const refusal = this.#begin()
      // From BEGIN to COMMIT there is no await: nobody else runs while this process holds the lock.
      if (!refusal) return this.#runLocked(group)
      const isOver = timers.monotonicMs() >= deadlineMs
      if (refusal.code !== StoreBusyError.code || isOver) return this.#refuseAll(group, refusal)
      await this.#pause()
    }
  }

  async close(): Promise<void> {
    this.options.close()
  }

  #begin(): StoreError | undefined {
    try {
      beginImmediate(this.options.connection, 0)
      return undefined
    } catch (error) {
      return toStoreError(error)
    }
  }

  #runLocked(group: readonly Submission[]): GroupOutcome {
    const { connection, table, marker, ringer, afterGroup } = this.options
    const ran = runGroup(connection, table, group, {
      // The first BEGIN is done already.
      begin: () => {
        if (!connection.inTransaction) beginImmediate(connection, ALONE_WAIT_MS)
      },
      ...(marker && { marker }),
    })
    const outcome = ringAfter(ran, connection, ringer)
    afterGroup?.()
    return outcome
  }

  #refuseAll(group: readonly Submission[], error: StoreError): GroupOutcome {
    const refusal = refusalOf(error)
    return {
      verdicts: group.map(() => ({ ok: false, refusal })),
      groupSize: group.length,
      ranAlone: false,
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => void this.options.timers.after(POLL_MS * (0.5 + Math.random()), resolve))
  }
}
