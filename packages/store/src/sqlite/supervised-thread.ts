import { Worker } from 'node:worker_threads'
import { errorOf, StoreClosedError, type StoreError, ThreadDiedError, UnsupportedStoreError } from '../errors.js'
import type { Refusal } from '../operation.js'
import type { StoreWarning } from '../store.js'
import { threadFlags } from './thread-flags.js'
import type { Timers } from './timers.js'

/** What every thread of the store says first. */
export type ThreadStart<Ready> =
  | { readonly kind: 'ready'; readonly ready: Ready }
  | { readonly kind: 'failed'; readonly refusal: Refusal }

/** What it says afterwards: one reply to each question, and warnings at any time. */
export type ThreadMessage<Reply> =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'warning'; readonly warning: StoreWarning }

/** The message on which a thread lets go of its connection and ends. */
export const CLOSE = 'close'

/**
 * A thread holds one group or one page of rows at a time, so a small nursery will do. With V8's own limits, made for the
 * whole machine, a writer kept 56 MB of garbage instead of 25.
 */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 256 }

const FIRST_RESTART_MS = 50
const LONGEST_RESTART_MS = 5_000

export interface ThreadOptions<Ready> {
  readonly entry: URL
  readonly workerData: unknown
  readonly timers: Timers
  /** Checks what the thread says of itself; a throw ends it. */
  readonly onReady: (ready: Ready) => void
  /** What the thread has to say, and its own death. */
  readonly onWarning: (warning: StoreWarning) => void
  /** `writer` or `reader`, for warnings. */
  readonly name: string
}

/** A question without an answer yet. */
interface Asked<Reply> {
  readonly answer: (reply: Reply) => void
  readonly fail: (error: StoreError) => void
}

/**
 * One thread that answers what it is asked, in order, and that is started again, with growing pauses, when it dies.
 *
 * What it hadn't answered when it died is unknown: `ask` rejects. It keeps the process alive only while it is asked.
 */
export class SupervisedThread<Question, Reply, Ready> {
  #worker: Worker | undefined
  #ready: Promise<void>
  #isReady: () => void = () => {}
  #asked: Asked<Reply>[] = []
  #restarts = 0
  #cancelRestart: (() => void) | undefined
  #launching: Promise<void> | undefined
  #isClosed = false

  constructor(private readonly options: ThreadOptions<Ready>) {
    this.#ready = this.#awaitReady()
  }

  /** Starts it the first time. @throws whatever kept it from being ready; nothing is left running then. */
  async start(): Promise<void> {
    this.#launching = this.#launch()
    await this.#launching
  }

  /** Resolves when it can be asked. */
  ready(): Promise<void> {
    return this.#ready
  }

  /** @throws {StoreError} when the thread died before it answered. */
  ask(question: Question): Promise<Reply> {
    return new Promise((answer, fail) => {
      const worker = this.#worker
      if (!worker) return fail(new StoreClosedError('the thread is not running'))
      worker.postMessage(question)
      if (this.#asked.length === 0) worker.ref()
      this.#asked.push({ answer, fail })
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelRestart?.()
    // One that is just starting is closed as well; one that can't start has ended by itself.
    await this.#launching?.catch(() => {})
    const worker = this.#worker
    if (!worker) return
    worker.ref()
    await new Promise<void>((resolve) => {
      worker.once('exit', () => resolve())
      worker.postMessage(CLOSE)
    })
  }

  #awaitReady(): Promise<void> {
    return new Promise((resolve) => {
      this.#isReady = resolve
    })
  }

  #launch(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { entry, workerData } = this.options
      const worker = new Worker(entry, { workerData, resourceLimits: RESOURCE_LIMITS, execArgv: threadFlags() })
      let cause: unknown
      worker.on('error', (error) => {
        cause = error
      })
      worker.once('exit', (exitCode) => {
        if (this.#worker === worker) this.#died(exitCode, cause)
        else reject(startError(exitCode, cause))
      })
      worker.once('message', (start: ThreadStart<Ready>) => {
        const failure = this.#failureOf(start)
        if (failure) {
          worker.removeAllListeners('exit')
          // It says nothing more; its end is awaited so that nothing of it is left when the caller hears of it.
          void worker.terminate().then(() => reject(failure))
          return
        }
        this.#worker = worker
        worker.on('message', (message: ThreadMessage<Reply>) => this.#heard(message))
        worker.unref()
        this.#isReady()
        resolve()
      })
    })
  }

  #failureOf(start: ThreadStart<Ready>): unknown {
    if (start.kind === 'failed') return errorOf(start.refusal)
    try {
      this.options.onReady(start.ready)
      return undefined
    } catch (error) {
      return error
    }
  }

  #heard(message: ThreadMessage<Reply>): void {
    if (message.kind === 'warning') this.options.onWarning(message.warning)
    else this.#answered(message.reply)
  }

  #answered(reply: Reply): void {
    this.#restarts = 0
    const asked = this.#asked.shift()
    if (this.#asked.length === 0) this.#worker?.unref()
    asked?.answer(reply)
  }

  #died(exitCode: number, cause: unknown): void {
    this.#worker = undefined
    if (this.#isClosed) return
    this.#ready = this.#awaitReady()
    const { name, onWarning } = this.options
    const message = `the ${name} thread ended with code ${exitCode} and is started again`
    const error = new ThreadDiedError(message, { exitCode }, { cause })
    onWarning({
      code: `${name}.restarted`,
      message,
      details: { exitCode, reason: cause instanceof Error ? cause.message : null },
    })
    this.#restartLater()
    for (const asked of this.#asked.splice(0)) asked.fail(error)
  }

  #restartLater(): void {
    const delayMs = Math.min(FIRST_RESTART_MS * 2 ** this.#restarts, LONGEST_RESTART_MS)
    this.#restarts += 1
    this.#cancelRestart = this.options.timers.after(delayMs, () => {
      // Whatever kept it from starting may pass (a full disk, too many open files): what waits has its own timeout.
      this.#launching = this.#launch()
      this.#launching.catch((error: unknown) => this.#restartFailed(error))
    })
  }

  #restartFailed(error: unknown): void {
    if (this.#isClosed) return
    const { name, onWarning } = this.options
    const reason = error instanceof Error ? error.message : String(error)
    onWarning({
      code: `${name}.restart_failed`,
      message: `the ${name} thread could not be started again: ${reason}`,
      details: { reason, restarts: this.#restarts },
    })
    this.#restartLater()
  }
}

const startError = (exitCode: number, cause: unknown): StoreError =>
  new UnsupportedStoreError(
    `a thread of the store ended with code ${exitCode} before it was ready. Inside a bundle, use writer: 'inline'`,
    { exitCode },
    { cause },
  )
