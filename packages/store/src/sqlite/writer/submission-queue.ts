import type { Clock } from '../../clock.js'
import {
  InvariantError,
  OutcomeUnknownError,
  refusalOf,
  StoreClosedError,
  type StoreError,
  StoreOverloadedError,
  StoreTimeoutError,
} from '../../errors.js'
import type { Verdict } from '../../operation.js'
import type { StoreMetrics, StoreWarning } from '../../store.js'
import type { GroupOutcome, Submission } from '../group.js'
import type { StoreLimits } from '../limits.js'
import type { Timers } from '../timers.js'
import { Fifo } from '../fifo.js'
import { AgeWatch } from './age-watch.js'
import { QueueMetrics } from './queue-metrics.js'
import { wireSize } from './wire-size.js'
import type { Writer } from './writer.js'

/** One submission's answer, and the group that it was in; no group when it never ran. */
export interface Answer {
  readonly verdict: Verdict<unknown>
  readonly group?: {
    readonly groupSize: number
    /** When its COMMIT was known to have returned, UTC milliseconds. */
    readonly committedAtMs: number
  }
}

/** One operation from its submission to its answer. */
interface Entry {
  readonly submission: Submission
  readonly bytes: number
  readonly submittedMs: number
  /** Taken away at the first answer: a late outcome of a submission that timed out finds nobody. */
  answer: ((answer: Answer) => void) | undefined
}

/**
 * Gathers what is submitted in one turn of the event loop, and hands it to the writer as one group.
 *
 * Everything that is waiting has not run. One group is with the writer at a time, so what arrives meanwhile becomes
 * the next one: the slower the disk, the larger the groups.
 */
export class SubmissionQueue {
  readonly #waiting = new Fifo<Entry>()
  #waitingBytes = 0
  /** With the writer now. Nobody but the writer knows whether it ran. */
  #taken: readonly Entry[] = []
  #flushing = false
  #closing: Promise<void> | undefined
  #drained: (() => void) | undefined
  readonly #watch: AgeWatch
  readonly #metrics = new QueueMetrics()

  constructor(
    private readonly writer: Writer,
    private readonly limits: StoreLimits,
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly onWarning: (warning: StoreWarning) => void,
  ) {
    this.#watch = new AgeWatch({
      timers,
      timeoutMs: limits.submitTimeoutMs,
      oldestMs: () => this.#oldestUnanswered()?.submittedMs,
      giveUpOn: (submittedMs) => this.#giveUpOn(submittedMs),
      warn: (ageMs, thresholdMs) => this.#warn(ageMs, thresholdMs),
    })
  }

  /**
   * Takes all of `submissions` or none.
   *
   * @returns one answer each, in order, once the last is known. It rejects only when none was taken:
   * @throws {StoreOverloadedError} `store.overloaded`
   * @throws {StoreClosedError} `store.closed`
   */
  submit(submissions: readonly Submission[]): Promise<readonly Answer[]> {
    return new Promise((resolve, reject) => {
      const sizes = submissions.map(({ args }) => wireSize(args))
      const refusal = this.#refusal(sizes)
      if (refusal) return reject(refusal)
      const answers: Answer[] = new Array(submissions.length)
      let missing = submissions.length
      if (missing === 0) return resolve(answers)
      const submittedMs = this.timers.monotonicMs()
      submissions.forEach((submission, index) => {
        const answer = (given: Answer): void => {
          answers[index] = given
          missing -= 1
          if (missing === 0) resolve(answers)
        }
        this.#waiting.push({ submission, bytes: sizes[index] ?? 0, submittedMs, answer })
      })
      this.#waitingBytes += sum(sizes)
      this.#metrics.queued(this.#waiting.size)
      this.#watch.arm()
      this.#scheduleFlush()
    })
  }

  metrics(): StoreMetrics {
    const oldest = this.#waiting.oldest
    return this.#metrics.read(this.#waiting.size, oldest ? this.timers.monotonicMs() - oldest.submittedMs : 0)
  }

  /** Runs what was taken, refuses what comes, and closes the writer. */
  close(): Promise<void> {
    this.#closing ??= this.#drain().then(() => this.writer.close())
    return this.#closing
  }

  async #drain(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#drained = resolve
      this.#reportIfDrained()
    })
    this.#watch.stop()
  }

  #refusal(sizes: readonly number[]): StoreError | undefined {
    if (this.#closing) return new StoreClosedError('the store is closed, or about to be')
    const operations = this.#waiting.size + sizes.length
    const bytes = this.#waitingBytes + sum(sizes)
    const { queueOperations, queueBytes } = this.limits
    if (operations <= queueOperations && bytes <= queueBytes) return undefined
    return new StoreOverloadedError(
      `the writer's queue would hold ${operations} operations of ${bytes} bytes; it takes ${queueOperations} of ${queueBytes}`,
      { operations, bytes, queueOperations, queueBytes },
    )
  }

  /** After the turn, never in a microtask: continuations of one turn's callers belong into one group. */
  #scheduleFlush(): void {
    if (this.#flushing) return
    this.#flushing = true
    setImmediate(() => void this.#flush())
  }

  async #flush(): Promise<void> {
    // What waits for a dead thread's successor has not run, and can still be withdrawn.
    await this.writer.ready()
    this.#taken = this.#take()
    if (this.#taken.length > 0) this.#settle(await this.#run(this.#taken))
    this.#taken = []
    this.#flushing = false
    if (this.#waiting.size > 0) this.#scheduleFlush()
    this.#reportIfDrained()
  }

  #take(): readonly Entry[] {
    const taken: Entry[] = []
    let bytes = 0
    for (let next = this.#waiting.oldest; next; next = this.#waiting.oldest) {
      if (taken.length === this.limits.groupOperations) break
      if (taken.length > 0 && bytes + next.bytes > this.limits.groupBytes) break
      this.#waiting.shift()
      taken.push(next)
      bytes += next.bytes
    }
    this.#waitingBytes -= bytes
    return taken
  }

  async #run(taken: readonly Entry[]): Promise<GroupOutcome> {
    try {
      return await this.writer.run(taken.map(({ submission }) => submission))
    } catch (cause) {
      // A writer that breaks its promise not to reject has a defect, and says nothing about the group.
      const refusal = refusalOf(new OutcomeUnknownError('the writer failed', {}, { cause }))
      const verdicts = taken.map(() => ({ ok: false as const, refusal }))
      return { verdicts, groupSize: taken.length, ranAlone: false }
    }
  }

  #settle(outcome: GroupOutcome): void {
    this.#metrics.ran(outcome)
    const answeredMs = this.timers.monotonicMs()
    const group = { groupSize: outcome.groupSize, committedAtMs: this.clock.nowMs() }
    const ran = this.#taken.slice(0, this.#taken.length - (outcome.notRun ?? 0))
    this.#putBack(this.#taken.slice(ran.length))
    ran.forEach((entry, index) => {
      this.#metrics.answered(answeredMs - entry.submittedMs)
      this.#answer(entry, { verdict: outcome.verdicts[index] ?? unanswered, group })
    })
  }

  /** The rest of a group that was cut is the first of the next. Who has been told "unknown" meanwhile needs no second run. */
  #putBack(entries: readonly Entry[]): void {
    const unanswered = entries.filter(({ answer }) => answer)
    if (unanswered.length === 0) return
    this.#waiting.putBack(unanswered)
    this.#waitingBytes += sum(unanswered.map(({ bytes }) => bytes))
  }

  #answer(entry: Entry, answer: Answer): void {
    const give = entry.answer
    entry.answer = undefined
    give?.(answer)
  }

  #reportIfDrained(): void {
    if (this.#taken.length === 0 && this.#waiting.size === 0) this.#drained?.()
  }

  #oldestUnanswered(): Entry | undefined {
    return this.#taken.find(({ answer }) => answer) ?? this.#waiting.oldest
  }

  #warn(ageMs: number, thresholdMs: number): void {
    this.onWarning({
      code: 'writer.slow',
      message: `the oldest write waits for ${Math.round(ageMs)} ms, with ${this.#waiting.size} more behind it`,
      details: { ageMs: Math.round(ageMs), thresholdMs, queueSize: this.#waiting.size },
    })
  }

  /** Answers everything submitted at or before `submittedMs`: withdrawn where it hasn't run, unknown where it may have. */
  #giveUpOn(submittedMs: number): void {
    for (const entry of this.#taken) {
      if (entry.submittedMs <= submittedMs) this.#answer(entry, refusedAnswer(this.#unknown()))
    }
    for (let next = this.#waiting.oldest; next && next.submittedMs <= submittedMs; next = this.#waiting.oldest) {
      this.#waiting.shift()
      this.#waitingBytes -= next.bytes
      this.#answer(next, refusedAnswer(this.#withdrawn()))
    }
    this.#reportIfDrained()
  }

  #unknown(): StoreError {
    const { submitTimeoutMs } = this.limits
    return new OutcomeUnknownError(`the writer took it, and gave no answer within ${submitTimeoutMs} ms`, {
      submitTimeoutMs,
    })
  }

  #withdrawn(): StoreError {
    const { submitTimeoutMs } = this.limits
    return new StoreTimeoutError(`it waited ${submitTimeoutMs} ms for the writer and was withdrawn unrun`, {
      submitTimeoutMs,
    })
  }
}

const unanswered: Verdict<never> = {
  ok: false,
  refusal: refusalOf(new InvariantError('the writer answered fewer operations than it was given')),
}

const refusedAnswer = (error: StoreError): Answer => ({ verdict: { ok: false, refusal: refusalOf(error) } })

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
