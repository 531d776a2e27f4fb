import { systemClock, type HeldLease, type LeaseRef } from '@holdfast/store'
import { hostname } from 'node:os'
import {
  CONCURRENCY,
  FIRST_POLL_MS,
  GRACE_MS,
  LEASE_POLL_MS,
  POLL_MS,
  PREFETCH,
  SETTLE_MS,
  SHUTDOWN_ABORT_MS,
} from '../defaults.js'
import type { EngineStore } from '../engine-store.js'
import { ShutdownError } from '../errors.js'
import { createLeaseKeeper } from '../lease-keeper/create-lease-keeper.js'
import type { LeaseKeeper } from '../lease-keeper/lease-keeper.js'
import { TaskRegistry } from '../task-registry.js'
import { settledWithin, systemTimers, type Timers } from '../timers.js'
import { Ahead } from './ahead.js'
import { ClaimLoop } from './claim-loop.js'
import { Claimer } from './claimer.js'
import { ItemRunner } from './item-runner.js'
import { LeasePoll } from './lease-poll.js'
import { reasonOfLoss } from './lost-lease.js'
import { Outlook } from './outlook.js'
import { PollPace } from './poll-pace.js'
import { Refill } from './refill.js'
import { Settler } from './settler.js'
import { Slots } from './slots.js'
import { Tally } from './tally.js'
import type { Worker, WorkerMetrics } from './worker.js'
import type { WorkerEvent } from './worker-event.js'
import type { WorkerOptions } from './worker-options.js'

/**
 * The worker itself: claims in batches, runs handlers beside each other, keeps their leases alive, and writes how
 * they ended. What belongs to its process (registration, sweeps) is `create-worker.ts`'s affair.
 */
export class LoopingWorker implements Worker {
  readonly owner: string
  readonly #store: EngineStore
  readonly #timers: Timers
  readonly #graceMs: number
  readonly #concurrency: number
  readonly #prefetch: number
  readonly #slots: Slots
  readonly #ahead: Ahead
  readonly #claimer: Claimer
  readonly #outlook: Outlook
  readonly #settler: Settler
  readonly #runner: ItemRunner
  readonly #keeper: LeaseKeeper
  readonly #leasePoll: LeasePoll
  readonly #loop: ClaimLoop
  readonly #refill: Refill
  readonly #onEvent: (event: WorkerEvent) => void
  readonly #tally = new Tally()
  /** Slots that claims under way will fill. */
  #promised = 0
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined

  constructor(options: WorkerOptions) {
    const { store, clock = systemClock, timers = systemTimers, random = Math.random } = options
    const { graceMs = GRACE_MS, concurrency = CONCURRENCY, pollMs = POLL_MS } = options
    const { processId } = store.info()
    const registry = options.tasks instanceof TaskRegistry ? options.tasks : new TaskRegistry(options.tasks)
    this.owner = options.owner ?? `${hostname()}:${process.pid}`
    this.#store = store
    this.#timers = timers
    this.#graceMs = graceMs
    this.#concurrency = concurrency
    this.#prefetch = options.prefetch ?? PREFETCH
    this.#onEvent = options.onEvent ?? (() => {})
    this.#slots = new Slots(concurrency)
    this.#ahead = new Ahead(store)
    const { owner } = this
    this.#claimer = new Claimer({ store, registry, owner, processId, tenants: options.tenants, queues: options.queues })
    this.#outlook = new Outlook({
      peek: () => this.#claimer.peek(),
      nowMs: () => clock.nowMs(),
      onError: this.#reports('claim'),
    })
    this.#settler = new Settler({ store, timers, random, onError: this.#reports('settle') })
    this.#keeper = createLeaseKeeper({
      store,
      timers,
      clock,
      kind: options.liveness ?? (clock === systemClock ? 'thread' : 'main'),
      listener: { onRefused: (lease) => void this.#onRefused(lease), onError: this.#reports('heartbeat') },
    })
    this.#leasePoll = new LeasePoll({
      store,
      timers,
      processId,
      intervalMs: options.leasePollMs ?? LEASE_POLL_MS,
      running: () => this.#slots.running(),
      onError: this.#reports('lease_poll'),
    })
    this.#loop = new ClaimLoop({
      fill: () => this.#fill(),
      dueInMs: () => this.#outlook.dueInMs(),
      pace: new PollPace(FIRST_POLL_MS, pollMs, random),
      timers,
      onError: this.#reports('claim'),
    })
    this.#refill = new Refill({
      concurrency,
      room: () => (this.#loop.isOpen && this.#prefetch === 0 ? this.#room : 0),
      claim: (wanted) => this.#claimAndBegin(wanted),
      flush: () => this.#settler.flush(),
      onShort: () => this.#loop.look(),
      onError: this.#reports('claim'),
    })
    this.#runner = new ItemRunner({
      store,
      registry,
      clock,
      timers,
      random,
      graceMs,
      slots: this.#slots,
      settler: this.#settler,
      keeper: this.#keeper,
      tell: (event) => this.#tell(event),
      onRoom: () => this.#onRoom(),
      onSettled: () => this.#loop.look(),
      onSpawned: () => this.#loop.look(),
    })
  }

  get isRunning(): boolean {
    return this.#loop.isOpen
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
    this.#loop.look()
  }

  /** The bell rang. */
  hear(): void {
    this.#outlook.hear()
    this.#loop.hear()
  }

  metrics(): WorkerMetrics {
    const { taken: running } = this.#slots
    return { running, ahead: this.#ahead.size, settling: this.#settler.unanswered, ...this.#tally.counts() }
  }

  async #start(): Promise<void> {
    if (this.#stopping) return
    await this.#keeper.start()
    if (this.#stopping) return
    this.#leasePoll.start()
    this.#loop.start()
  }

  /** Room for new work. A store that can't take what has ended gets nothing new to do. */
  get #room(): number {
    return this.#settler.unanswered > this.#concurrency ? 0 : this.#slots.free - this.#promised
  }

  #onRoom(): void {
    this.#refill.look()
    this.#loop.look()
  }

  /** Fills the free slots, first with what was claimed ahead; claims ahead once they are full. */
  async #fill(): Promise<boolean> {
    const begun = await this.#beginAhead()
    const wanted = this.#room
    const fresh = wanted > 0 ? await this.#claimAndBegin(wanted) : 0
    const short = this.#slots.free > 0 ? 0 : this.#prefetch - this.#ahead.size
    const ahead = short > 0 ? await this.#claim(short, { ahead: true }) : []
    this.#take(ahead, (lease) => this.#ahead.add(lease))
    return begun + fresh + ahead.length > 0 || this.#refill.isClaiming
  }

  /** @returns how many items of `wanted` it got. Their slots are promised until they begin. */
  async #claimAndBegin(wanted: number): Promise<number> {
    let leases: readonly HeldLease[]
    this.#promised += wanted
    try {
      leases = await this.#claim(wanted, { ahead: false })
    } finally {
      this.#promised -= wanted
    }
    this.#refill.learn(wanted, leases.length)
    this.#take(leases, (lease) => this.#runner.begin(lease))
    return leases.length
  }

  async #beginAhead(): Promise<number> {
    if (this.#room <= 0) return 0
    const { begun, gone } = await this.#ahead.begin(this.#room)
    for (const lease of gone) this.#keeper.drop(lease)
    this.#take(begun, (lease) => this.#runner.begin(lease))
    return begun.length
  }

  async #claim(wanted: number, how: { readonly ahead: boolean }): Promise<readonly HeldLease[]> {
    const leases = await this.#outlook.claim(async () => {
      const claimed = await this.#claimer.claim(wanted, how)
      this.#tally.claimed(claimed.length)
      return claimed
    })
    // Before any handler runs: one that blocks at once must not have an unguarded lease.
    this.#keeper.hold(leases)
    return leases
  }

  /** Uses leases, unless the worker began to stop while they were on their way. */
  #take(leases: readonly HeldLease[], use: (lease: HeldLease) => void): void {
    for (const lease of leases) {
      if (this.#loop.isOpen) use(lease)
      else void this.#runner.handBack(lease)
    }
  }

  /** A heartbeat was refused: the handler is told why, as soon as that is known. */
  async #onRefused(lease: LeaseRef): Promise<void> {
    this.#ahead.drop(lease)
    const execution = this.#slots.find(lease)
    if (!execution) return
    try {
      const reason = await reasonOfLoss(this.#store, lease)
      if (reason) execution.abort(reason)
    } catch (error) {
      // The poll of our own leases looks again.
      this.#reports('heartbeat')(error)
    }
  }

  async #stop(): Promise<void> {
    await this.#starting?.catch(() => {}) // whoever called start() is told
    await this.#loop.stop()
    await this.#refill.idle()
    const returned = this.#ahead.takeAll().map((lease) => this.#runner.handBack(lease))
    await settledWithin(this.#timers, this.#graceMs, this.#slots.empty())
    for (const execution of this.#slots.running()) execution.abort(new ShutdownError('the worker stops'))
    await settledWithin(this.#timers, SHUTDOWN_ABORT_MS, this.#slots.empty())
    for (const execution of this.#slots.running()) execution.abandon()
    await this.#slots.empty()
    await settledWithin(this.#timers, SETTLE_MS, this.#settler.idle())
    this.#settler.giveUp()
    await this.#settler.idle()
    await Promise.all([...returned, this.#leasePoll.stop(), this.#keeper.stop()])
  }

  #reports(during: WorkerErrorPlace): (error: unknown) => void {
    return (error) => this.#tell({ event: 'worker.error', during, error })
  }

  #tell(event: WorkerEvent): void {
    this.#tally.note(event)
    try {
      this.#onEvent(event)
    } catch (error) {
      // A listener that throws must not stop the work, nor be swallowed.
      process.emitWarning(error instanceof Error ? error : String(error))
    }
  }
}

type WorkerErrorPlace = Extract<WorkerEvent, { readonly event: 'worker.error' }>['during']
