import type { Verdict } from '../../operation.js'
import type { Connection } from '../connection.js'
import { toStoreError } from '../database-errors.js'
import { refusalOf } from '../../errors.js'
import type { Submission } from '../group.js'
import { MEMORY } from '../location.js'
import type { SqliteBinding } from '../module.js'
import type { Timers } from '../timers.js'
import { isCheckpointWanted, LONGEST_PAUSE_MS } from '../wal/checkpoint-wanted.js'
import type { Readers } from './readers.js'
import { runRead } from './run-read.js'

/** Between two looks at whether a checkpoint is through; the event loop is free meanwhile. */
const LOOK_MS = 2

/**
 * Runs reads on the caller's thread. For `:memory:` it shares the writer's connection, which is never inside a
 * transaction when the event loop gets to a read.
 */
export class InPlaceReaders implements Readers {
  #opened: Connection | undefined

  /** @param open Called at the first read. */
  constructor(
    private readonly table: ReadonlyMap<string, SqliteBinding>,
    private readonly path: string,
    private readonly open: () => Connection,
    private readonly timers: Timers,
  ) {}

  async read(submission: Submission): Promise<Verdict<unknown>> {
    try {
      if (this.path !== MEMORY) await this.#letCheckpointPass()
      this.#opened ??= this.open()
    } catch (error) {
      return { ok: false, refusal: refusalOf(toStoreError(error)) }
    }
    return runRead(this.#opened, this.table, submission)
  }

  async close(): Promise<void> {
    this.#opened?.close()
  }

  async #letCheckpointPass(): Promise<void> {
    for (let waitedMs = 0; waitedMs < LONGEST_PAUSE_MS && isCheckpointWanted(this.path); waitedMs += LOOK_MS) {
      await new Promise<void>((resolve) => void this.timers.after(LOOK_MS, resolve))
    }
  }
}
