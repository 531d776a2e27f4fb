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
import { Overlap } from './overlap.js'
import { QueueMetrics } from './queue-metrics.js'
import { WriteTroubleWatch } from './write-trouble.js'
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

/** What was submitted by one call, and the answers it has so far. */
interface Batch {
  readonly answers: Answer[]
  missing: number
  readonly resolve: (answers: readonly Answer[]) => void
}

/** Fewer are not taken apart: a settlement and the claim that follows it are cheapest in one transaction. */
const LEAST_TO_HALVE = 4

/** One operation from its submission to its answer. */
interface Entry {
  readonly submission: Submission
  readonly bytes: number
  readonly submittedMs: number
  /** Where in its batch its answer belongs. */
  readonly index: number
  /** Taken away at the first answer: a late outcome of a submission that timed out finds nobody. */
  batch: Batch | undefined
}

/**
 * Gathers what is submitted in one turn of the event loop, and hands it to the writer as one group.
 *
 * Everything that is waiting has not run. One group is with the writer at a time, so what arrives meanwhile becomes
 * the next one: the slower the disk, the larger the groups. Only where COMMIT is cheap beside what the callers do is
 * another group handed over behind it, so that writer and callers work at the same time: see {@link Overlap}.
 */
export class SubmissionQueue {
  readonly #waiting = new Fifo<Entry>()
  #waitingBytes = 0
  /** With the writer now, oldest group first. Nobody but the writer knows whether they ran. */
  #taken: (readonly Entry[])[] = []
  /** Came back from the writer unrun while it still has others, which will come back as well: they go on in order. */
  #returned: Entry[] = []
  #flushing = false
  #closing: Promise<void> | undefined
  #drained: (() => void) | undefined
  readonly #watch: AgeWatch
  readonly #metrics = new QueueMetrics()
  readonly #trouble: WriteTroubleWatch
  readonly #depth: number

  constructor(
    private readonly writer: Writer,
    private readonly limits: StoreLimits,
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly onWarning: (warning: StoreWarning) => void,
    private readonly overlap: Pick<Overlap, 'learn' | 'isWorthIt'> = new Overlap(),
  ) {
    this.#depth = writer.depth ?? 1
    this.#trouble = new WriteTroubleWatch(clock)
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
      const bytes = sum(sizes)
      const refusal = this.#refusal(submissions.length, bytes)
      if (refusal) return reject(refusal)
      const batch: Batch = { answers: new Array(submissions.length), missing: submissions.length, resolve }
      if (batch.missing === 0) return resolve(batch.answers)
      const submittedMs = this.timers.monotonicMs()
      submissions.forEach((submission, index) => {
        this.#waiting.push({ submission, bytes: sizes[index] ?? 0, submittedMs, index, batch })
      })
      this.#waitingBytes += bytes
      this.#metrics.queued(this.#waiting.size)
      this.#watch.arm()
      this.#scheduleFlush()
    })
  }

  metrics(): StoreMetrics {
    const oldest = this.#waiting.oldest
    const figures = this.#metrics.read(this.#waiting.size, oldest ? this.timers.monotonicMs() - oldest.submittedMs : 0)
    const trouble = this.#trouble.current
    return trouble ? { ...figures, trouble } : figures
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

  #refusal(count: number, size: number): StoreError | undefined {
    if (this.#closing) return new StoreClosedError('the store is closed, or about to be')
    const operations = this.#waiting.size + count
    const bytes = this.#waitingBytes + size
    const { queueOperations, queueBytes } = this.limits
    if (operations <= queueOperations && bytes <= queueBytes) return undefined
    return new StoreOverloadedError(
      `the writer's queue would hold ${operations} operations of ${bytes} bytes; it takes ${queueOperations} of ${queueBytes}`,
      { operations, bytes, queueOperations, queueBytes },
    )
  }

  /** After the turn, never in a microtask: continuations of one turn's callers belong into one group. */
  #scheduleFlush(): void {
    if (this.#flushing || this.#nextSize() === 0) return
    this.#flushing = true
    setImmediate(() => void this.#flush())
  }

  async #flush(): Promise<void> {
    // What waits for a dead thread's successor has not run, and can still be withdrawn.
    await this.writer.ready()
    for (let size = this.#nextSize(); size > 0; size = this.#nextSize()) void this.#handOver(this.#take(size))
    this.#flushing = false
    this.#reportIfDrained()
  }

  /** How many operations the writer should get now. */
  #nextSize(): number {
    const waiting = this.#waiting.size
    const ahead = this.#taken.length
    if (ahead === 0) return waiting >= LEAST_TO_HALVE && this.#isWorthTwo(waiting) ? Math.ceil(waiting / 2) : waiting
    // What came back goes first, once everything that was handed over has been answered.
    if (ahead === this.#depth || this.#returned.length > 0) return 0
    const unanswered = this.#taken.reduce((total, { length }) => total + length, waiting)
    return this.#isWorthTwo(unanswered) ? waiting : 0
  }

  #isWorthTwo(operations: number): boolean {
    return this.#depth > 1 && this.overlap.isWorthIt(operations)
  }

  #take(size: number): readonly Entry[] {
    const most = Math.min(size, this.limits.groupOperations)
    const taken: Entry[] = []
    let bytes = 0
    for (let next = this.#waiting.oldest; next; next = this.#waiting.oldest) {
      if (taken.length === most) break
      if (taken.length > 0 && bytes + next.bytes > this.limits.groupBytes) break
      this.#waiting.shift()
      taken.push(next)
      bytes += next.bytes
    }
    this.#waitingBytes -= bytes
    return taken
  }

  async #handOver(group: readonly Entry[]): Promise<void> {
    this.#taken.push(group)
    const outcome = await this.#run(group)
    this.#taken = this.#taken.filter((other) => other !== group)
    this.#settle(group, outcome)
    if (this.#taken.length === 0) this.#putBack(this.#returned.splice(0))
    if (this.#waiting.size > 0) this.#scheduleFlush()
    this.#reportIfDrained()
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

  #settle(taken: readonly Entry[], outcome: GroupOutcome): void {
    const ran = taken.length - (outcome.notRun ?? 0)
    // Who has been told "unknown" meanwhile needs no second run.
    for (const entry of taken.slice(ran)) if (entry.batch) this.#returned.push(entry)
    if (ran === 0) return
    this.#metrics.ran(outcome)
    this.#trouble.ran(outcome)
    if (outcome.commitMs !== undefined) this.overlap.learn(ran, outcome.commitMs)
    const answeredMs = this.timers.monotonicMs()
    const group = { groupSize: outcome.groupSize, committedAtMs: this.clock.nowMs() }
    for (let i = 0; i < ran; i++) {
      const entry = taken[i]
      if (!entry) break
      this.#metrics.answered(answeredMs - entry.submittedMs)
      this.#answer(entry, { verdict: outcome.verdicts[i] ?? unanswered, group })
    }
  }

  #putBack(entries: readonly Entry[]): void {
    if (entries.length === 0) return
    this.#waiting.putBack(entries)
    this.#waitingBytes += sum(entries.map(({ bytes }) => bytes))
  }

  #answer(entry: Entry, answer: Answer): void {
    const { batch, index } = entry
    if (!batch) return
    entry.batch = undefined
    batch.answers[index] = answer
    batch.missing -= 1
    if (batch.missing === 0) batch.resolve(batch.answers)
  }

  #reportIfDrained(): void {
    if (this.#taken.length === 0 && this.#waiting.size === 0) this.#drained?.()
  }

  #oldestUnanswered(): Entry | undefined {
    const isUnanswered = ({ batch }: Entry): boolean => batch !== undefined
    return this.#returned.find(isUnanswered) ?? this.#taken.flat().find(isUnanswered) ?? this.#waiting.oldest
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
    for (const entry of this.#taken.flat()) {
      if (entry.submittedMs <= submittedMs) this.#answer(entry, refusedAnswer(this.#unknown()))
    }
    for (const entry of this.#returned) {
      if (entry.submittedMs <= submittedMs) this.#answer(entry, refusedAnswer(this.#withdrawn()))
    }
    this.#returned = this.#returned.filter(({ batch }) => batch)
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
