import type { GroupOutcome, Submission } from '../group.js'
import type { Writer } from '../writer/writer.js'

/** A writer whose groups are told to this store's own listeners: they need not hear of them through the file. */
export class TellingWriter implements Writer {
  constructor(
    private readonly writer: Writer,
    private readonly tell: () => void,
  ) {}

  get depth(): number {
    return this.writer.depth ?? 1
  }

  ready(): Promise<void> {
    return this.writer.ready()
  }

  async run(group: readonly Submission[]): Promise<GroupOutcome> {
    const outcome = await this.writer.run(group)
    if (outcome.madeWork) this.tell()
    return outcome
  }

  close(): Promise<void> {
    return this.writer.close()
  }
}
