import type { Verdict } from '../../operation.js'
import type { Connection } from '../connection.js'
import type { Submission } from '../group.js'
import type { SqliteBinding } from '../module.js'
import type { Readers } from './readers.js'
import { runRead } from './run-read.js'

/**
 * Runs reads on the caller's thread. For `:memory:` it shares the writer's connection, which is never inside a
 * transaction when the event loop gets to a read.
 */
export class InPlaceReaders implements Readers {
  #opened: Connection | undefined

  /** @param open Called at the first read. */
  constructor(
    private readonly table: ReadonlyMap<string, SqliteBinding>,
    private readonly open: () => Connection,
  ) {}

  async read(submission: Submission): Promise<Verdict<unknown>> {
    this.#opened ??= this.open()
    return runRead(this.#opened, this.table, submission)
  }

  async close(): Promise<void> {
    this.#opened?.close()
  }
}
