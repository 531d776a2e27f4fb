import { createRequire } from 'node:module'
import { createProcess } from '../process/registered-process.js'
import { createRetention } from '../retention/retention.js'
import { createSweeper } from '../sweep/sweeper.js'
import { LoopingWorker } from './looping-worker.js'
import type { Worker } from './worker.js'
import type { WorkerOptions } from './worker-options.js'

/**
 * A worker over a store, with all that it needs around it: its process is registered, so that its death is noticed at
 * once, a sweeper takes back what other dead processes held, and retention deletes what has ended long ago.
 *
 * An item of a type without a definition here is never claimed, unless it shares a queue with one.
 *
 * @example
 * const worker = createWorker({ store, tasks: [greet] })
 * await worker.start()
 */
export const createWorker = (options: WorkerOptions): Worker => new EmbeddedWorker(options)

/** Something that runs beside the worker: started before it, stopped after it. */
interface Companion {
  start(): Promise<void> | void
  stop(): Promise<void>
}

class EmbeddedWorker implements Worker {
  readonly #worker: LoopingWorker
  readonly #companions: readonly Companion[]
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined

  constructor(options: WorkerOptions) {
    this.#worker = new LoopingWorker(options)
    const bell = bellOf(options.store, () => this.#worker.hear())
    this.#companions = [...companionsOf(options, this.#worker.owner), bell]
  }

  get owner(): string {
    return this.#worker.owner
  }

  get isRunning(): boolean {
    return this.#worker.isRunning
  }

  start(): Promise<void> {
    this.#starting ??= this.#start()
    return this.#starting
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  nudge(): void {
    this.#worker.nudge()
  }

  metrics(): ReturnType<Worker['metrics']> {
    return this.#worker.metrics()
  }

  async #start(): Promise<void> {
    if (this.#stopping) return
    for (const companion of this.#companions) await companion.start()
    await this.#worker.start() // which does nothing if stop() was called meanwhile
  }

  async #stop(): Promise<void> {
    const stopped = this.#worker.stop()
    await this.#starting?.catch(() => {}) // whoever called start() is told
    await stopped
    for (const companion of this.#companions.toReversed()) await companion.stop()
  }
}

/** The store's bell in the worker's ear, from before its first look for work until after its last. */
const bellOf = (store: WorkerOptions['store'], hear: () => void): Companion => {
  let unhear = (): void => {}
  return {
    start: () => {
      unhear = store.onWork(hear)
    },
    stop: async () => unhear(),
  }
}

const companionsOf = (options: WorkerOptions, owner: string): readonly Companion[] => {
  const { store, clock, timers, random, onEvent = () => {} } = options
  const time = { ...(clock ? { clock } : {}), ...(timers ? { timers } : {}) }
  const companions: Companion[] = []
  if (options.process !== false) {
    const { kind = 'embedded', version = engineVersion() } = options.process ?? {}
    const onError = (error: unknown): void => onEvent({ event: 'worker.error', during: 'process', error })
    companions.push(createProcess({ store, kind, version, onError, ...(timers ? { timers } : {}) }))
  }
  if (options.sweep !== false)
    companions.push(createSweeper({ store, sweeper: owner, ...time, ...(random ? { random } : {}), ...options.sweep }))
  if (options.retention !== false) {
    const onError = (error: unknown): void => onEvent({ event: 'worker.error', during: 'retention', error })
    companions.push(createRetention({ store, onError, ...time, ...(random ? { random } : {}), ...options.retention }))
  }
  return companions
}

const engineVersion = (): string =>
  (createRequire(import.meta.url)('@holdfast/engine/package.json') as { readonly version: string }).version
