import type { DurabilityLevel } from '@holdfast/schema'
import { type Clock, systemClock } from '../clock.js'
import { errorOf, InvalidInputError, OperationUnknownError, StoreClosedError } from '../errors.js'
import { type Ids, uuidV7 } from '../ids.js'
import type { Operation, Verdict } from '../operation.js'
import type { Receipted } from '../receipt.js'
import type { Store, StoreInfo, StoreMetrics, StoreWarning } from '../store.js'
import { openDatabase } from './database.js'
import { DEFAULT_DURABILITY } from './durability.js'
import { DEFAULT_LIMITS, type StoreLimits } from './limits.js'
import { locate, MEMORY } from './location.js'
import { type SqliteBinding, type SqliteModule, tableOf } from './module.js'
import { InPlaceReaders } from './readers/in-place-readers.js'
import type { Readers } from './readers/readers.js'
import { systemTimers, type Timers } from './timers.js'
import { InlineWriter } from './writer/inline-writer.js'
import { type Answer, SubmissionQueue } from './writer/submission-queue.js'
import { readSettings } from './writer/writer-settings.js'

export interface OpenStoreOptions {
  /** The database file, or `:memory:`. Give this or `url`. */
  readonly path?: string
  /** The same as a `file:` URL. */
  readonly url?: string
  /** Every package whose operations will be submitted. */
  readonly modules: readonly SqliteModule[]
  /** `inline` runs groups on the caller's thread: always for `:memory:`, and inside a bundle. Otherwise `thread`. */
  readonly writer?: 'thread' | 'inline'
  readonly durability?: DurabilityLevel
  /** Whether a file that isn't there is made. */
  readonly create?: boolean
  readonly limits?: Partial<StoreLimits>
  readonly clock?: Clock
  readonly timers?: Timers
  readonly ids?: Ids
  readonly onWarning?: (warning: StoreWarning) => void
}

/**
 * Opens a store on one SQLite file, makes or migrates it first where that is needed, and starts its writer.
 *
 * @throws {OperationUnknownError} `store.operation_unknown`: the writer thread finds other operations than this one.
 */
export const openStore = async (options: OpenStoreOptions): Promise<Store> => {
  const path = locate(options)
  const table = tableOf(options.modules)
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const { clock = systemClock, timers = systemTimers, ids = uuidV7, onWarning = () => {} } = options
  const durability = options.durability ?? DEFAULT_DURABILITY
  const processId = ids()
  const connection = openDatabase({ path, role: 'writer', durability, create: options.create ?? true })
  const writer = new InlineWriter({ connection, table, lockWaitMs: limits.lockWaitMs, clock, timers })
  const readers = new InPlaceReaders(table, () =>
    path === MEMORY ? connection : openDatabase({ path, role: 'reader', durability }),
  )
  const queue = new SubmissionQueue(writer, limits, clock, timers, onWarning)
  const info: StoreInfo = {
    engine: 'sqlite',
    driver: connection.driver,
    engineVersion: connection.sqliteVersion,
    location: path,
    durability,
    settings: readSettings(connection),
    processId,
  }
  return new SqliteStore(table, queue, readers, info)
}

class SqliteStore implements Store {
  #closing: Promise<void> | undefined

  constructor(
    private readonly table: ReadonlyMap<string, SqliteBinding>,
    private readonly queue: SubmissionQueue,
    private readonly readers: Readers,
    private readonly about: StoreInfo,
  ) {}

  async submit<Args, Result>(op: Operation<Args, Result>, args: NoInfer<Args>): Promise<Result> {
    const [answer] = await this.#answers(op, [args])
    return valueOf<Result>(answer)
  }

  async submitAll<Args, Result>(
    op: Operation<Args, Result>,
    batch: readonly NoInfer<Args>[],
  ): Promise<readonly Verdict<Result>[]> {
    const answers = await this.#answers(op, batch)
    // The binding under this name has the operation's own result type.
    return answers.map(({ verdict }) => verdict as Verdict<Result>)
  }

  async submitWithReceipt<Args, Result>(
    op: Operation<Args, Result>,
    args: NoInfer<Args>,
  ): Promise<Receipted<Result>> {
    if (op.kind === 'read') throw new InvalidInputError(`${op.name} is a read: only a commit has a receipt`)
    const [answer] = await this.#answers(op, [args])
    const value = valueOf<Result>(answer)
    const { groupSize = 1, committedAtMs = 0 } = answer?.group ?? {}
    return { value, receipt: { durability: this.about.durability, committedAtMs, groupSize } }
  }

  info(): StoreInfo {
    return this.about
  }

  metrics(): StoreMetrics {
    return this.queue.metrics()
  }

  close(): Promise<void> {
    this.#closing ??= this.queue.close().then(() => this.readers.close())
    return this.#closing
  }

  async #answers(op: Pick<Operation<never, unknown>, 'name' | 'kind'>, batch: readonly unknown[]): Promise<readonly Answer[]> {
    const { name } = op
    if (!this.table.has(name)) throw new OperationUnknownError(`no module binds ${name}`, { operation: name })
    if (op.kind === 'write') return this.queue.submit(batch.map((args) => ({ name, args })))
    if (this.#closing) throw new StoreClosedError('the store is closed, or about to be')
    const verdicts = await Promise.all(batch.map((args) => this.readers.read({ name, args })))
    return verdicts.map((verdict) => ({ verdict }))
  }
}

const valueOf = <Result>(answer: Answer | undefined): Result => {
  if (!answer) throw new OperationUnknownError('nothing was submitted')
  if (answer.verdict.ok) return answer.verdict.value as Result // as above
  throw errorOf(answer.verdict.refusal)
}
