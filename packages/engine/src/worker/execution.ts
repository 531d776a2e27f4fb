import type { Clock, HeldLease } from '@holdfast/store'
import type { EngineStore } from '../engine-store.js'
import { DeadlineExceededError, InvalidTaskInputError, InvalidTaskOutputError, TimeoutError } from '../errors.js'
import { validate } from '../schema.js'
import { createTaskContext } from '../task-context.js'
import type { AnyTaskDefinition } from '../task-definition.js'
import type { TaskRegistry } from '../task-registry.js'
import type { Timers } from '../timers.js'
import { outcomeOf, type Ending, type Outcome } from './outcome.js'

export interface ExecutionParts {
  readonly store: EngineStore
  readonly registry: TaskRegistry
  readonly clock: Clock
  readonly timers: Timers
  readonly random: () => number
  /** How long a handler may ignore its aborted signal before it is left behind. */
  readonly graceMs: number
  readonly onSpawned: () => void
}

/** One attempt at one work item: the handler's call, its signal, and the clocks that may end it. */
export class Execution {
  #abortedBy: Error | undefined
  /** Made when the handler first asks for its signal: most never do, and one costs as much as the rest of an attempt. */
  #controller: AbortController | undefined
  /** Gives the attempt its ending; the first one counts. */
  #end: ((ending: Ending) => void) | undefined
  #cancelGrace: (() => void) | undefined

  constructor(
    readonly lease: HeldLease,
    private readonly definition: AnyTaskDefinition,
    private readonly parts: ExecutionParts,
  ) {}

  /** Why the signal was aborted; undefined while it wasn't. */
  get reason(): unknown {
    return this.#abortedBy
  }

  /** Tells the handler to stop; the first reason stands. One that ignores it for the grace time is left behind. */
  abort(reason: Error): void {
    if (this.#abortedBy) return
    this.#abortedBy = reason
    this.#controller?.abort(reason)
    const { timers, graceMs } = this.parts
    if (this.#end) this.#cancelGrace = timers.after(graceMs, () => this.abandon())
  }

  /** Waits no longer for a handler that ignores its signal. Its late writes are refused by the store. */
  abandon(): void {
    this.#end?.({ how: 'abandoned' })
  }

  /** Runs the handler to its end, or leaves it behind. Never rejects. */
  async run(): Promise<{ readonly outcome: Outcome; readonly isAbandoned: boolean }> {
    const ending = await this.#ending()
    const { definition, lease, reason } = this
    const outcome = outcomeOf(ending, {
      definition,
      attempt: lease.attempt,
      reason,
      nowMs: this.parts.clock.nowMs(),
      random: this.parts.random(),
    })
    return { outcome, isAbandoned: ending.how === 'abandoned' }
  }

  #ending(): Promise<Ending> {
    return new Promise((resolve) => {
      this.#end = (ending) => {
        this.#end = undefined
        disarm()
        this.#cancelGrace?.()
        resolve(ending)
      }
      const disarm = this.#armClocks()
      void this.#call().then((ending) => this.#end?.(ending))
    })
  }

  get #signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#abortedBy) this.#controller.abort(this.#abortedBy)
    }
    return this.#controller.signal
  }

  async #call(): Promise<Ending> {
    const { definition, lease, parts } = this
    try {
      // An item may be claimed after its deadline: then its handler isn't called at all.
      if (this.#abortedBy) throw this.#abortedBy
      const input = await validate(definition.input, lease.input)
      if (!input.ok) throw new InvalidTaskInputError(input.issues, { type: definition.name })
      const ctx = createTaskContext({ ...parts, lease, signal: () => this.#signal })
      const returned = await definition.handler(ctx, input.value)
      const output = await validate(definition.output, returned)
      if (!output.ok) throw new InvalidTaskOutputError(output.issues, { type: definition.name })
      return { how: 'returned', value: output.value }
    } catch (error) {
      return { how: 'threw', error }
    }
  }

  /** @returns disarms them. */
  #armClocks(): () => void {
    const { lease, parts } = this
    const { timeoutMs, deadlineAtMs } = lease
    if (timeoutMs === null && deadlineAtMs === null) return nothingToDisarm
    const disarms: (() => void)[] = []
    if (timeoutMs !== null) {
      const late = (): void =>
        this.abort(new TimeoutError(`the attempt took longer than ${timeoutMs} ms`, { timeoutMs }))
      disarms.push(parts.timers.after(timeoutMs, late))
    }
    if (deadlineAtMs !== null) {
      const late = (): void => this.abort(new DeadlineExceededError('the deadline has passed', { deadlineAtMs }))
      disarms.push(atWallTime(parts, deadlineAtMs, late))
    }
    return () => {
      for (const disarm of disarms) disarm()
    }
  }
}

const nothingToDisarm = (): void => {}

/** Fires once the wall clock says `atMs`; armed again where a timer fired early or the clock was set back. */
const atWallTime = ({ clock, timers }: Pick<ExecutionParts, 'clock' | 'timers'>, atMs: number, fire: () => void) => {
  let cancel = (): void => {}
  const arm = (): void => {
    const leftMs = atMs - clock.nowMs()
    if (leftMs <= 0) fire()
    else cancel = timers.after(leftMs, arm)
  }
  arm()
  return (): void => cancel()
}
