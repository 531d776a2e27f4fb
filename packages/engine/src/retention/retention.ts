import type { Clock } from '@holdfast/store'
import { systemClock } from '@holdfast/store'
import { PROCESSES_KEPT_MS, RETENTION_BATCH, RETENTION_INTERVAL_MS, TASKS_KEPT_MS } from '../defaults.js'
import type { EngineStore } from '../engine-store.js'
import { pause, systemTimers, type Timers } from '../timers.js'

/** How long what has ended is kept. Checkpoints and expired keys have rules of their own: see the sweeper. */
export interface RetentionPolicy {
  /** How long a task is kept after it has ended, with its items, journals and checkpoints. 30 days; null for ever. */
  readonly tasksMs?: number | null
  /** How long the row of a process is kept after its end. 7 days; null for ever. */
  readonly processesMs?: number | null
  /** Time between the end of a pass and the next, give or take a fifth. 10 minutes. */
  readonly intervalMs?: number
}

export interface RetentionOptions extends RetentionPolicy {
  readonly store: EngineStore
  readonly onPass?: (pass: RetentionPass) => void
  readonly onError?: (error: unknown) => void
  readonly clock?: Clock
  readonly timers?: Timers
  readonly random?: () => number
}

/** What one pass deleted. */
export interface RetentionPass {
  readonly tasks: number
  readonly processes: number
  /** Transactions that it took. */
  readonly batches: number
}

/**
 * Deletes what has ended long ago, in bounded transactions, and rests after each for as long as it took: the write lock
 * is others' for half of the time at least, and they never wait for more than one batch.
 *
 * Any number of processes may run it on one store. Each batch takes the oldest there is, under permits that live inside its own
 * transaction, so nothing is deleted twice, and a crash leaves what the last batch left. Their first passes begin at
 * times of their own, so that mostly one is at it.
 */
export class Retention {
  readonly #options: Required<RetentionOptions>
  #stopped = new AbortController()
  #loop: Promise<void> | undefined

  constructor(options: RetentionOptions) {
    this.#options = {
      tasksMs: TASKS_KEPT_MS,
      processesMs: PROCESSES_KEPT_MS,
      intervalMs: RETENTION_INTERVAL_MS,
      onPass: () => {},
      onError: () => {},
      clock: systemClock,
      timers: systemTimers,
      random: Math.random,
      ...options,
    }
  }

  /** Begins within the first interval, at a random time of it. A second start is a no-op. */
  start(): void {
    if (this.#loop) return
    this.#stopped = new AbortController()
    this.#loop = this.#run(this.#stopped.signal)
  }

  /** Lets the batch under way end, and begins no other. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#loop
    this.#loop = undefined
  }

  /** One whole pass now, with its rests. */
  async passNow(stopped: AbortSignal = new AbortController().signal): Promise<RetentionPass> {
    const { store, clock, tasksMs, processesMs } = this.#options
    const nowMs = clock.nowMs()
    const pass = { tasks: 0, processes: 0, batches: 0 }
    const inBatches = async (batch: () => Promise<boolean>): Promise<void> => {
      for (let isMore = true; isMore && !stopped.aborted; ) {
        const startedMs = clock.monotonicMs()
        isMore = await batch()
        pass.batches += 1
        if (isMore) await pause(this.#options.timers, clock.monotonicMs() - startedMs, stopped)
      }
    }
    if (tasksMs !== null)
      await inBatches(async () => {
        const finishedBeforeMs = Math.max(0, nowMs - tasksMs)
        const step = await store.retention.deleteFinishedTasks({ finishedBeforeMs, limit: RETENTION_BATCH })
        pass.tasks += step.deletedTasks
        return step.remaining
      })
    if (processesMs !== null)
      await inBatches(async () => {
        const endedBeforeMs = Math.max(0, nowMs - processesMs)
        const step = await store.retention.deleteEndedProcesses({ endedBeforeMs, limit: RETENTION_BATCH })
        pass.processes += step.deleted
        return step.deleted === RETENTION_BATCH
      })
    return pass
  }

  async #run(stopped: AbortSignal): Promise<void> {
    const { timers, intervalMs, random, onPass, onError } = this.#options
    await pause(timers, intervalMs * random(), stopped)
    while (!stopped.aborted) {
      try {
        onPass(await this.passNow(stopped))
      } catch (error) {
        onError(error)
      }
      await pause(timers, intervalMs * (0.8 + random() * 0.4), stopped)
    }
  }
}

/** Retention over a store; `start()` it beside a worker, or call `passNow()`. */
export const createRetention = (options: RetentionOptions): Retention => new Retention(options)
