import { OutcomeUnknownError, refusalOf } from '../../errors.js'
import type { StoreInfo, StoreWarning } from '../../store.js'
import type { GroupOutcome, Submission } from '../group.js'
import type { SqliteBinding } from '../module.js'
import { SupervisedThread } from '../supervised-thread.js'
import { assertSameOperations, type ModuleAddress } from '../thread-modules.js'
import type { Timers } from '../timers.js'
import { BegunGroups, DEPTH, type HandedGroup, notRun } from './group-line.js'
import type { WriteConnectionOptions } from './write-connection.js'
import type { Writer } from './writer.js'

/** What the thread is started with. */
export interface WriterThreadData extends WriteConnectionOptions {
  readonly modules: readonly ModuleAddress[]
  readonly lockWaitMs: number
  /** The memory of {@link BegunGroups}. */
  readonly begun: SharedArrayBuffer
}

/** What the thread says of itself. */
export interface WriterReady extends Pick<StoreInfo, 'driver' | 'engineVersion' | 'settings'> {
  readonly operations: readonly string[]
}

export interface ThreadWriterOptions {
  readonly table: ReadonlyMap<string, SqliteBinding>
  readonly data: Omit<WriterThreadData, 'begun'>
  readonly timers: Timers
  readonly onWarning: (warning: StoreWarning) => void
}

/** The main side of the writer thread. */
export class ThreadWriter implements Writer {
  readonly depth: number = DEPTH
  readonly #thread: SupervisedThread<HandedGroup, GroupOutcome, WriterReady>
  readonly #begun = new BegunGroups()
  #handed = 0
  #heard = 0
  #ready: WriterReady | undefined

  private constructor(options: ThreadWriterOptions) {
    this.#thread = new SupervisedThread({
      entry: new URL('./writer-thread.js', import.meta.url),
      workerData: { ...options.data, begun: this.#begun.memory } satisfies WriterThreadData,
      timers: options.timers,
      onReady: (ready) => {
        assertSameOperations(options.table.keys(), ready.operations)
        this.#ready = ready
      },
      onWarning: options.onWarning,
      name: 'writer',
    })
  }

  /** @throws {OperationUnknownError} `store.operation_unknown`: its modules aren't the caller's. */
  static async open(
    options: ThreadWriterOptions,
  ): Promise<{ readonly writer: ThreadWriter; readonly about: WriterReady }> {
    const writer = new ThreadWriter(options)
    await writer.#thread.start()
    // Set by onReady, without which start() doesn't resolve.
    return { writer, about: writer.#ready as WriterReady }
  }

  ready(): Promise<void> {
    return this.#thread.ready()
  }

  async run(group: readonly Submission[]): Promise<GroupOutcome> {
    this.#handed += 1
    const number = this.#handed
    this.#begun.await(number)
    try {
      return await this.#thread.ask({ number, heard: this.#heard, group })
    } catch (cause) {
      return this.#begun.has(number) ? unknownOutcome(group, cause) : notRun(group)
    } finally {
      this.#heard = number
    }
  }

  close(): Promise<void> {
    return this.#thread.close()
  }
}

/** It died with the group in its hands, before or after COMMIT. */
const unknownOutcome = (group: readonly Submission[], cause: unknown): GroupOutcome => {
  const refusal = refusalOf(new OutcomeUnknownError('the writer thread died while it had the group', {}, { cause }))
  return {
    verdicts: group.map(() => ({ ok: false, refusal })),
    groupSize: group.length,
    ranAlone: false,
  }
}
