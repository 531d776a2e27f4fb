import type { Verdict } from '../../operation.js'
import type { Submission } from '../group.js'
import type { SqliteBinding } from '../module.js'
import type { Readers } from './readers.js'

/** Sends quick reads to one place and all others to another. */
export class RoutedReaders implements Readers {
  constructor(
    private readonly table: ReadonlyMap<string, SqliteBinding>,
    private readonly quick: Readers,
    private readonly others: Readers,
  ) {}

  read(submission: Submission): Promise<Verdict<unknown>> {
    return (this.table.get(submission.name)?.quick ? this.quick : this.others).read(submission)
  }

  async close(): Promise<void> {
    await Promise.all([this.quick.close(), this.others.close()])
  }
}
