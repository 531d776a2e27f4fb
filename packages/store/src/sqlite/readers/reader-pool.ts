import { InvariantError, ReadersExhaustedError, refusalOf, StoreTimeoutError } from '../../errors.js'
import type { Verdict } from '../../operation.js'
import type { StoreWarning } from '../../store.js'
import { toStoreError } from '../database-errors.js'
import { Fifo } from '../fifo.js'
import type { Submission } from '../group.js'
import type { StoreLimits } from '../limits.js'
import { SupervisedThread } from '../supervised-thread.js'
import type { ThreadFile } from '../thread-file.js'
import { assertSameOperations, type ModuleAddress } from '../thread-modules.js'
import type { Timers } from '../timers.js'
import type { Readers } from './readers.js'

/** What a reader thread is started with. */
export interface ReaderThreadData {
  readonly file: ThreadFile
  readonly modules: readonly ModuleAddress[]
}

/** What it says of itself. */
export interface ReaderReady {
  readonly operations: readonly string[]
}

export interface ReaderPoolOptions {
  readonly data: ReaderThreadData
  /** The most threads that are opened. */
  readonly threads: number
  readonly operations: readonly string[]
  readonly limits: Pick<StoreLimits, 'readQueueOperations' | 'submitTimeoutMs'>
  readonly timers: Timers
  readonly onWarning: (warning: StoreWarning) => void
}

interface Waiting {
  readonly submission: Submission
  readonly submittedMs: number
  /** Taken away at the first answer. */
  answer: ((verdict: Verdict<unknown>) => void) | undefined
}

/** Reads that one message may carry. More would wait behind each other while another thread is free. */
const BATCH = 32

type Thread = SupervisedThread<readonly Submission[], readonly Verdict<unknown>[], ReaderReady>

/** Runs reads on up to `threads` threads, which are opened when there is something for them to do. */
export class ReaderPool implements Readers {
  readonly #waiting = new Fifo<Waiting>()
  readonly #taken = new Set<Waiting>()
  readonly #threads: Thread[] = []
  readonly #idle: Thread[] = []
  #isPumping = false
  #cancelWatch: (() => void) | undefined
  #drained: (() => void) | undefined

  constructor(private readonly options: ReaderPoolOptions) {}

  read(submission: Submission): Promise<Verdict<unknown>> {
    const { readQueueOperations } = this.options.limits
    if (this.#waiting.size >= readQueueOperations) {
      const refusal = refusalOf(
        new ReadersExhaustedError(`${readQueueOperations} reads wait for a reader already`, { readQueueOperations }),
      )
      return Promise.resolve({ ok: false, refusal })
    }
    return new Promise((resolve) => {
      this.#waiting.push({ submission, submittedMs: this.options.timers.monotonicMs(), answer: resolve })
      this.#watch()
      this.#pumpSoon()
    })
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#drained = resolve
      this.#reportIfDrained()
    })
    this.#cancelWatch?.()
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }

  /** After the turn, so that one turn's reads share messages. */
  #pumpSoon(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    setImmediate(() => {
      this.#isPumping = false
      this.#pump()
    })
  }

  #pump(): void {
    while (this.#waiting.size > 0) {
      const thread = this.#idle.pop()
      if (!thread) {
        this.#openOneMore()
        return
      }
      void this.#give(thread)
    }
  }

  #openOneMore(): void {
    if (this.#threads.length >= this.options.threads) return
    const thread = this.#newThread()
    this.#threads.push(thread)
    thread.start().then(
      () => this.#free(thread),
      (error: unknown) => {
        this.#threads.splice(this.#threads.indexOf(thread), 1)
        // Those whose turn has come hear why; later ones try again.
        for (const waiting of this.#take(BATCH)) this.#answer(waiting, failed(error))
        this.#pumpSoon()
      },
    )
  }

  #newThread(): Thread {
    const { data, operations, timers, onWarning } = this.options
    return new SupervisedThread({
      entry: new URL('./reader-thread.js', import.meta.url),
      workerData: data,
      timers,
      onReady: (ready) => assertSameOperations(operations, ready.operations),
      onWarning,
      name: 'reader',
    })
  }

  async #give(thread: Thread): Promise<void> {
    const taken = this.#take(Math.min(BATCH, Math.ceil(this.#waiting.size / this.options.threads)))
    const verdicts = await this.#ask(thread, taken)
    for (const [index, waiting] of taken.entries()) this.#answer(waiting, verdicts[index] ?? unanswered)
    await thread.ready()
    this.#free(thread)
  }

  async #ask(thread: Thread, taken: readonly Waiting[]): Promise<readonly Verdict<unknown>[]> {
    try {
      return await thread.ask(taken.map(({ submission }) => submission))
    } catch (error) {
      // It read and wrote nothing, so its callers may simply ask again; running it again here could kill the next one.
      return taken.map(() => failed(error))
    }
  }

  #free(thread: Thread): void {
    this.#idle.push(thread)
    this.#pump()
  }

  #take(most: number): readonly Waiting[] {
    const taken: Waiting[] = []
    for (let next = this.#waiting.oldest; next && taken.length < most; next = this.#waiting.oldest) {
      this.#waiting.shift()
      this.#taken.add(next)
      taken.push(next)
    }
    return taken
  }

  #answer(waiting: Waiting, verdict: Verdict<unknown>): void {
    this.#taken.delete(waiting)
    const give = waiting.answer
    waiting.answer = undefined
    give?.(verdict)
    this.#reportIfDrained()
  }

  #reportIfDrained(): void {
    if (this.#waiting.size === 0 && this.#taken.size === 0) this.#drained?.()
  }

  #watch(): void {
    const { timers, limits } = this.options
    this.#cancelWatch ??= timers.after(limits.submitTimeoutMs, () => {
      this.#cancelWatch = undefined
      this.#giveUpOn(timers.monotonicMs() - limits.submitTimeoutMs)
      if (this.#waiting.size > 0 || this.#taken.size > 0) this.#watch()
    })
  }

  #giveUpOn(submittedMs: number): void {
    const { submitTimeoutMs } = this.options.limits
    const refusal = failed(
      new StoreTimeoutError(`no reader answered within ${submitTimeoutMs} ms`, { submitTimeoutMs }),
    )
    for (const waiting of this.#taken) if (waiting.submittedMs <= submittedMs) this.#answer(waiting, refusal)
    for (let next = this.#waiting.oldest; next && next.submittedMs <= submittedMs; next = this.#waiting.oldest) {
      this.#waiting.shift()
      this.#answer(next, refusal)
    }
  }
}

const unanswered: Verdict<never> = {
  ok: false,
  refusal: refusalOf(new InvariantError('a reader answered fewer reads than it was given')),
}

const failed = (error: unknown): Verdict<never> => ({ ok: false, refusal: refusalOf(toStoreError(error)) })
