import {
  errorOf,
  InvalidInputError,
  InvariantError,
  OperationUnknownError,
  OutcomeUnknownError,
  StoreClosedError,
  StoreDetachedError,
  type StoreError,
} from '../errors.js'
import type { Liveness } from '../liveness.js'
import type { Operation, Verdict } from '../operation.js'
import type { Receipted } from '../receipt.js'
import type { StoreEngine, StoreInfo, StoreMetrics } from '../store.js'
import type { WorkBell } from './bell/work-bell.js'
import type { FileHold } from './file-hold.js'
import type { FullStop } from './full-stop.js'
import type { SqliteBinding } from './module.js'
import type { QuickCheck } from './quick-check/quick-check.js'
import type { Readers } from './readers/readers.js'
import type { Answer, SubmissionQueue } from './writer/submission-queue.js'

export interface SqliteStoreParts {
  readonly table: ReadonlyMap<string, SqliteBinding>
  readonly queue: SubmissionQueue
  readonly readers: Readers
  readonly liveness: Liveness
  readonly bell: WorkBell
  readonly info: Omit<StoreInfo, 'fileCheck'>
  readonly quickCheck: Pick<QuickCheck, 'state'>
  readonly fullStop: FullStop
  /** Of a connection on this thread, which stays open as long as the store does. */
  readonly hold: FileHold
  /** Gives this process's death lock back. */
  readonly release: () => void
}

/** A store on one SQLite file: writes go to the queue, reads to the readers. `open-store.ts` puts it together. */
export class SqliteStore implements StoreEngine {
  readonly liveness: Liveness
  #closing: Promise<void> | undefined

  constructor(private readonly parts: SqliteStoreParts) {
    this.liveness = parts.liveness
  }

  async submit<Args, Result>(op: Operation<Args, Result>, args: NoInfer<Args>): Promise<Result> {
    const [answer] = await this.#answers(op, [args])
    return valueIn<Result>(answer)
  }

  async submitAll<Args, Result>(
    op: Operation<Args, Result>,
    batch: readonly NoInfer<Args>[],
  ): Promise<readonly Verdict<Result>[]> {
    const answers = await this.#answers(op, batch)
    // The binding under this name has the operation's own result type.
    return answers.map(({ verdict }) => verdict as Verdict<Result>)
  }

  async submitWithReceipt<Args, Result>(op: Operation<Args, Result>, args: NoInfer<Args>): Promise<Receipted<Result>> {
    if (op.kind === 'read') throw new InvalidInputError(`${op.name} is a read: only a commit has a receipt`)
    const [answer] = await this.#answers(op, [args])
    const value = valueIn<Result>(answer)
    if (!answer?.group) throw new InvariantError(`${op.name} was granted without a group`)
    const { groupSize, committedAtMs } = answer.group
    return { value, receipt: { durability: this.parts.info.durability, committedAtMs, groupSize } }
  }

  onWork(listener: () => void): () => void {
    return this.parts.bell.listen(listener)
  }

  onStop(listener: (reason: StoreError) => void): () => void {
    return this.parts.fullStop.listen(listener)
  }

  info(): StoreInfo {
    const { info, quickCheck } = this.parts
    return { ...info, fileCheck: quickCheck.state }
  }

  metrics(): StoreMetrics {
    return this.parts.queue.metrics()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { queue, readers, bell, release } = this.parts
    bell.close()
    try {
      // In memory they share a connection, so one after the other.
      await queue.close()
      await readers.close()
    } finally {
      // Last: while anything of this process may still be written, it is alive.
      release()
    }
  }

  async #answers(
    op: Pick<Operation<never, unknown>, 'name' | 'kind'>,
    batch: readonly unknown[],
  ): Promise<readonly Answer[]> {
    const { table, queue, readers, fullStop, hold } = this.parts
    const { name } = op
    if (!table.has(name)) throw new OperationUnknownError(`no module of this store binds ${name}`, { operation: name })
    const stop = op.kind === 'write' ? fullStop.reason : hold.lost
    if (stop) throw stop
    if (op.kind === 'write') return this.#noteLoss(await queue.submit(batch.map((args) => ({ name, args }))))
    if (this.#closing) throw new StoreClosedError('the store is closed, or about to be')
    const verdicts = await Promise.all(batch.map((args) => readers.read({ name, args })))
    return verdicts.map((verdict) => ({ verdict }))
  }

  /** Nothing is read any more either: it might be older than what others have acknowledged. */
  #noteLoss(answers: readonly Answer[]): readonly Answer[] {
    const { hold, fullStop } = this.parts
    const isSuspect = answers.some(({ verdict }) => !verdict.ok && TELLS_OF_LOSS.has(verdict.refusal.code))
    const lost = isSuspect ? hold.check() : undefined
    if (lost) fullStop.stop(lost)
    return answers
  }
}

/** What a writer says that has lost its file, or of a commit at the moment of the loss. */
const TELLS_OF_LOSS: ReadonlySet<string> = new Set([StoreDetachedError.code, OutcomeUnknownError.code])

const valueIn = <Result>(answer: Answer | undefined): Result => {
  if (!answer) throw new InvariantError('a submission was not answered')
  if (answer.verdict.ok) return answer.verdict.value as Result // As above.
  throw errorOf(answer.verdict.refusal)
}
