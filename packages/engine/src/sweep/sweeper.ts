import { CHECKPOINTS_KEPT, LEASE_MS, systemClock, type Clock } from '@holdfast/store'
import { DEATH_WATCH_MS, SWEEP_INTERVAL_MS } from '../defaults.js'
import type { EngineStore } from '../engine-store.js'
import { pause, systemTimers, type Timers } from '../timers.js'
import { ExpiryTrust } from './expiry-trust.js'
import { OverdueWatch } from './overdue-watch.js'
import { ScanTally, type Scan } from './scan.js'
import {
  continueCancellations,
  expireKeys,
  failOverdue,
  promoteDue,
  pruneCheckpoints,
  recoverDeadProcesses,
  recoverExpired,
  runningLeases,
  type StepContext,
} from './sweep-steps.js'

export interface SweeperOptions {
  readonly store: EngineStore
  /** Time between the end of a scan and the next, give or take a fifth. */
  readonly intervalMs?: number
  /** Time between two looks for processes that have died, give or take a fifth. */
  readonly deathWatchMs?: number
  /** The usual lease length: a third of it is how long the sweep holds back when times can't be trusted. */
  readonly leaseMs?: number
  /** One `error_boundary` checkpoint per item taken back. True unless said otherwise. */
  readonly errorCheckpoints?: boolean
  /** Checkpoints kept per item; null to delete none. */
  readonly keepCheckpoints?: number | null
  /** Who sweeps, for the record. */
  readonly sweeper?: string
  readonly onScan?: (scan: Scan) => void
  readonly clock?: Clock
  readonly timers?: Timers
  readonly random?: () => number
}

export interface SweeperStatistics {
  /** All of them: those at the interval, those that were asked for, and those of dead processes alone. */
  readonly scans: number
  /** Scans in which at least one step failed. */
  readonly scansWithErrors: number
  readonly found: number
  readonly recovered: number
  readonly failed: number
  readonly errorCheckpoints: number
  readonly deadProcesses: number
  readonly lastScan: Scan | undefined
}

/**
 * Repairs, again and again, what crashes leave behind (others say rescuer, reaper, lifeline): takes back the leases of
 * dead processes at once and expired ones in time, promotes what is due, fails what is overdue, goes on with
 * cancellations, and deletes expired keys and superseded checkpoints.
 *
 * Death has a watch of its own, because it can be seen at once and for next to nothing: it looks at locks only, several
 * times a second, and touches the database when one of them is free.
 *
 * Any number of processes may sweep one store: every step is guarded by what it saw, and counts once.
 */
export class Sweeper {
  readonly #options: Required<SweeperOptions>
  readonly #watch = new OverdueWatch()
  readonly #trust: ExpiryTrust
  #stopped = new AbortController()
  #loops: Promise<unknown> | undefined
  #scanning: Promise<Scan> | undefined
  #pruneFrom: number | undefined
  #statistics: SweeperStatistics = {
    scans: 0,
    scansWithErrors: 0,
    found: 0,
    recovered: 0,
    failed: 0,
    errorCheckpoints: 0,
    deadProcesses: 0,
    lastScan: undefined,
  }

  constructor(options: SweeperOptions) {
    this.#options = {
      intervalMs: SWEEP_INTERVAL_MS,
      deathWatchMs: DEATH_WATCH_MS,
      leaseMs: LEASE_MS,
      errorCheckpoints: true,
      keepCheckpoints: CHECKPOINTS_KEPT,
      sweeper: `sweeper:${process.pid}`,
      onScan: () => {},
      clock: systemClock,
      timers: systemTimers,
      random: Math.random,
      ...options,
    }
    const { clock, leaseMs } = this.#options
    this.#trust = new ExpiryTrust(clock, leaseMs)
  }

  get isRunning(): boolean {
    return this.#loops !== undefined
  }

  /** Begins to scan, at once and then at every interval. A second start is a no-op. */
  start(): void {
    if (this.#loops) return
    this.#stopped = new AbortController()
    const { signal } = this.#stopped
    this.#loops = Promise.all([this.#run(signal), this.#watchDeaths(signal)])
  }

  /** Lets the scan under way end, and begins no other. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#loops
    this.#loops = undefined
  }

  statistics(): SweeperStatistics {
    return this.#statistics
  }

  /** Scans now. While a scan is under way, that one is answered. Steps that fail are told in `errors`. */
  scanNow(): Promise<Scan> {
    this.#scanning ??= this.#scan((context) => this.#steps(context)).finally(() => {
      this.#scanning = undefined
    })
    return this.#scanning
  }

  async #run(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      await this.scanNow()
      await this.#rest(this.#options.intervalMs, stopped)
    }
  }

  async #watchDeaths(stopped: AbortSignal): Promise<void> {
    const { intervalMs, deathWatchMs } = this.#options
    while (!stopped.aborted) {
      const scan = (await this.#mayHaveDied()) ? await this.#scan((context) => this.#recoverDead(context)) : undefined
      await this.#rest(scan && scan.errors.length > 0 ? intervalMs : deathWatchMs, stopped)
    }
  }

  /** Jitter keeps many processes from looking at the same moments. */
  #rest(ms: number, stopped: AbortSignal): Promise<void> {
    const { timers, random } = this.#options
    return pause(timers, ms * (0.8 + random() * 0.4), stopped)
  }

  /** Whether some process has died; also when that can't be told, and the scan that follows says why. */
  async #mayHaveDied(): Promise<boolean> {
    try {
      return (await this.#options.store.liveness.dead()).length > 0
    } catch {
      return true
    }
  }

  async #scan(steps: (context: StepContext) => Promise<void>): Promise<Scan> {
    const { clock, store, sweeper, errorCheckpoints, onScan } = this.#options
    const atMs = clock.nowMs()
    const startedMs = clock.monotonicMs()
    const tally = new ScanTally()
    await steps({ store, sweeper, errorCheckpoints, tally })
    const scan = tally.finish(atMs, clock.monotonicMs() - startedMs)
    this.#count(scan)
    onScan(scan)
    return scan
  }

  async #steps(context: StepContext): Promise<void> {
    const attempt = attemptsFor(context)
    const startedMs = this.#options.clock.monotonicMs()
    await attempt('promote_due', () => promoteDue(context))
    const lockWaitMs = this.#options.clock.monotonicMs() - startedMs
    await this.#recoverDead(context)
    await attempt('recover_expired', () => this.#recoverExpired(context, lockWaitMs))
    // In one tick, so that they share a transaction: where nothing is to be done, taking the lock is what a sweep costs.
    await Promise.all([
      attempt('fail_overdue', () => failOverdue(context)),
      attempt('continue_cancellations', () => continueCancellations(context)),
      attempt('expire_keys', () => expireKeys(context)),
      attempt('prune_checkpoints', () => this.#prune(context)),
    ])
  }

  #recoverDead(context: StepContext): Promise<void> {
    return attemptsFor(context)('recover_processes', () => recoverDeadProcesses(context))
  }

  async #recoverExpired(context: StepContext, lockWaitMs: number): Promise<void> {
    const leases = await runningLeases(context)
    const overdue = this.#watch.look(leases, this.#options.clock.monotonicMs())
    const longestLeaseMs = leases.reduce((longest, { leaseMs }) => Math.max(longest, leaseMs), 0)
    const doubt = (): Scan['deferred'] => {
      context.tally.deferred = this.#trust.doubt({ lockWaitMs, longestLeaseMs })
      return context.tally.deferred
    }
    await recoverExpired(context, { overdue, doubt })
  }

  async #prune(context: StepContext): Promise<void> {
    const { keepCheckpoints } = this.#options
    if (keepCheckpoints === null) return
    this.#pruneFrom = await pruneCheckpoints(context, keepCheckpoints, this.#pruneFrom)
  }

  #count(scan: Scan): void {
    const sums = this.#statistics
    this.#statistics = {
      scans: sums.scans + 1,
      scansWithErrors: sums.scansWithErrors + (scan.errors.length > 0 ? 1 : 0),
      found: sums.found + scan.found,
      recovered: sums.recovered + scan.recovered,
      failed: sums.failed + scan.failed,
      errorCheckpoints: sums.errorCheckpoints + scan.errorCheckpoints,
      deadProcesses: sums.deadProcesses + scan.deadProcesses,
      lastScan: scan,
    }
  }
}

/** Steps that fail are told, and the others go on. */
const attemptsFor =
  ({ tally }: StepContext) =>
  async (step: string, run: () => Promise<void>): Promise<void> => {
    try {
      await run()
    } catch (error) {
      tally.addError(step, error)
    }
  }

/** A sweeper over a store; `start()` it beside a worker or an API, or call `scanNow()`. */
export const createSweeper = (options: SweeperOptions): Sweeper => new Sweeper(options)
