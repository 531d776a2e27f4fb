import { closeSync, openSync, writeSync } from 'node:fs'
import { StoreError } from '@holdfast/store'
import type { AnsweredLine, HistoryHeader, InvokedLine } from './history-file.js'
import type { Answer, Call, RecordedOperation } from './operation.js'

export interface RecordHistoryOptions {
  /** Who calls: unique among the processes whose histories are merged. Its pid unless said otherwise. */
  readonly process?: string
  /** Where to write it, as JSON lines. The file must not be there yet. Without one, the history stays in memory. */
  readonly file?: string
  /** Monotonic nanoseconds, the same for all processes of the host. */
  readonly nowNs?: () => number
}

/** Writes down what was called and answered, and when. */
export interface HistoryRecorder {
  /**
   * Notes that calls are about to be made; the note is written when this returns. What is not answered later stays
   * unknown.
   *
   * @returns Notes their answers, one each, in order.
   */
  invoke(calls: readonly Call[]): (answers: readonly Answer[]) => void
  /** Runs one call between its two notes. A thrown error is noted as {@link answerOfError} says, and thrown on. */
  record<Result>(call: Call, run: () => Promise<Result>, tell: (result: Result) => Answer): Promise<Result>
  /** What was recorded in memory; empty for a recorder that writes to a file. */
  operations(): readonly RecordedOperation[]
  close(): void
}

/** CLOCK_MONOTONIC: all processes of a host share it, and no clock change moves it. Order survives the rounding. */
const monotonicNs = (): number => Number(process.hrtime.bigint())

/**
 * Starts a history of this process.
 *
 * A file is written by one `write` per note, before the call and after its answer: `kill -9` loses at most the note in
 * flight, so an operation is never shown as answered that wasn't, nor left out when it was made.
 *
 * @example
 * const history = recordHistory({ process: 'w-1', file: 'history/w-1.jsonl' })
 * const store = recordedStore(await openStore({ path }), history)
 */
export const recordHistory = (options: RecordHistoryOptions = {}): HistoryRecorder => {
  const { process: name = `pid:${process.pid}`, file, nowNs = monotonicNs } = options
  const history = file === undefined ? new MemoryHistory(name) : new FileHistory(name, file)
  let next = 0

  const invoke: HistoryRecorder['invoke'] = (calls) => {
    const first = next
    next += calls.length
    const invokedAtNs = nowNs()
    for (const [at, call] of calls.entries()) history.invoked({ op: first + at, at: invokedAtNs, call })
    return (answers) => {
      const answeredAtNs = nowNs()
      for (const [at, answer] of answers.entries()) history.answered({ op: first + at, at: answeredAtNs, answer })
    }
  }

  return {
    invoke,
    record: async (call, run, tell) => {
      const answered = invoke([call])
      try {
        const result = await run()
        answered([tell(result)])
        return result
      } catch (error) {
        answered([answerOfError(error)])
        throw error
      }
    },
    operations: () => history.operations(),
    close: () => history.close(),
  }
}

/** Errors after which nobody knows whether the write landed. */
const UNKNOWN = new Set(['store.outcome_unknown', 'store.io', 'store.thread_died', 'store.invariant'])

/** What an error says: a typed refusal is a `no`; everything else leaves the outcome unknown. */
export const answerOfError = (error: unknown): Answer => {
  if (!(error instanceof StoreError)) return { as: 'unknown' }
  return answerOfRefusal(error)
}

/** The same for a refusal as data. */
export const answerOfRefusal = ({ code, details }: Pick<StoreError, 'code' | 'details'>): Answer => {
  if (UNKNOWN.has(code)) return { as: 'unknown', code }
  const { currentToken, state } = details
  return {
    as: 'failed',
    code,
    ...(typeof currentToken === 'number' && { token: currentToken }),
    ...(typeof state === 'string' && { state }),
  }
}

class MemoryHistory {
  readonly #asked = new Map<number, InvokedLine>()
  readonly #done: RecordedOperation[] = []

  constructor(private readonly process: string) {}

  invoked(line: InvokedLine): void {
    this.#asked.set(line.op, line)
  }

  answered({ op, at, answer }: AnsweredLine): void {
    const asked = this.#asked.get(op)
    if (!asked) return
    this.#asked.delete(op)
    this.#done.push(this.#operation(asked, answer, at))
  }

  operations(): readonly RecordedOperation[] {
    const unanswered = [...this.#asked.values()].map((asked) => this.#operation(asked, { as: 'unknown' }, Infinity))
    return [...this.#done, ...unanswered]
  }

  close(): void {}

  #operation({ call, at }: InvokedLine, answer: Answer, answeredAtNs: number): RecordedOperation {
    return {
      process: this.process,
      call,
      answer,
      invokedAtNs: at,
      answeredAtNs: answer.as === 'unknown' ? Infinity : answeredAtNs,
    }
  }
}

class FileHistory {
  readonly #fd: number

  constructor(process_: string, file: string) {
    this.#fd = openSync(file, 'ax')
    this.#write({ process: process_, pid: process.pid })
  }

  invoked(line: InvokedLine): void {
    this.#write(line)
  }

  answered(line: AnsweredLine): void {
    this.#write(line)
  }

  operations(): readonly RecordedOperation[] {
    return []
  }

  close(): void {
    closeSync(this.#fd)
  }

  #write(line: HistoryHeader | InvokedLine | AnsweredLine): void {
    writeSync(this.#fd, `${JSON.stringify(line)}\n`)
  }
}
