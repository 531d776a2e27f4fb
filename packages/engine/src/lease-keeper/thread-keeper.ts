import { errorOf, InvariantError, refusalOf } from '@holdfast/store'
import { threadFlags } from '@holdfast/store/sqlite'
import { once } from 'node:events'
import { Worker as Thread } from 'node:worker_threads'
import { leaseKey } from '../lease-key.js'
import { settledWithin, systemTimers } from '../timers.js'
import type { LiveLease } from './heartbeats.js'
import type { FromKeeperThread, KeeperThreadData, ToKeeperThread } from './keeper-message.js'
import { KeysByLength } from './keys-by-length.js'
import type { LeaseKeeper, LeaseKeeperListener } from './lease-keeper.js'

/** The built file: a thread can't load TypeScript on every Node that we support. */
const ENTRY = new URL('./keeper-thread.js', import.meta.url)

/** How long a thread that died stays away, so that a file that can't be opened isn't tried in a circle. */
const RESTART_MS = 1_000

/** Heartbeats need little; without this the thread's young generation alone grows to tens of megabytes. */
const SMALL = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 }

/** How long its last heartbeat may take at the end. */
const STOP_MS = 2_000

/**
 * Heartbeats from a thread of its own: a handler that blocks the event loop keeps its lease.
 *
 * What the thread is told is posted at once, so it knows of a lease before its handler can block anything. A thread
 * that dies is started again and told everything anew.
 */
export class ThreadKeeper implements LeaseKeeper {
  /** The length of each lease that is held, by its key. */
  readonly #held = new Map<string, number>()
  #thread: Thread | undefined
  #restart: NodeJS.Timeout | undefined
  #isStarted = false
  #isStopping = false
  readonly #dropped = new KeysByLength()

  constructor(
    private readonly data: KeeperThreadData,
    private readonly listener: LeaseKeeperListener,
    private readonly entry: URL = ENTRY,
  ) {}

  /** @throws what the store refuses to that thread. */
  async start(): Promise<void> {
    const thread = this.#launch()
    // The first message says that it is ready, or why it never will be; a thread that can't even say so rejects.
    const [first] = (await once(thread, 'message').catch((error: unknown) => [failed(error)])) as [FromKeeperThread]
    this.#isStopping = first.type === 'error'
    if (first.type === 'error') throw errorOf(first.refusal)
    this.#isStarted = true
  }

  hold(leases: readonly LiveLease[]): void {
    if (leases.length === 0) return
    const told = new KeysByLength()
    for (const lease of leases) {
      const key = leaseKey(lease)
      this.#held.set(key, lease.leaseMs)
      told.add(key, lease.leaseMs)
    }
    this.#tell(told)
  }

  drop(lease: LiveLease): void {
    const key = leaseKey(lease)
    if (!this.#held.delete(key)) return
    // A late drop costs at most a heartbeat that is refused and ignored, so drops travel together, or with the next hold.
    if (this.#dropped.isEmpty) setImmediate(() => this.#tellDropped())
    this.#dropped.add(key, lease.leaseMs)
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#restart)
    const thread = this.#thread
    if (!thread) return
    const exited = once(thread, 'exit')
    this.#post({ type: 'stop' })
    // One that waits for the write lock is left behind: it ends by itself, or with the process. Ending it where it stands
    // would end the process as well when it is inside libsql (a panic of its binding).
    if (!(await settledWithin(systemTimers, STOP_MS, exited))) thread.unref()
  }

  #launch(): Thread {
    const thread = new Thread(this.entry, {
      workerData: this.data,
      name: 'holdfast-leases',
      resourceLimits: SMALL,
      execArgv: threadFlags(),
    })
    this.#thread = thread
    thread.on('message', (message: FromKeeperThread) => this.#hear(message))
    thread.on('error', (error) => this.#hear(failed(error)))
    thread.on('exit', () => this.#onExit(thread))
    return thread
  }

  #hear(message: FromKeeperThread): void {
    // Until it has started, whoever called start() is told.
    if (message.type === 'error' && this.#isStarted) this.listener.onError(errorOf(message.refusal))
    if (message.type === 'refused') this.listener.onRefused(message.lease, message.code, message.message)
  }

  #onExit(thread: Thread): void {
    if (this.#thread === thread) this.#thread = undefined
    if (this.#isStopping) return
    this.listener.onError(new InvariantError('the thread that extends leases ended; it is started again'))
    this.#restart = setTimeout(() => {
      this.#launch()
      const all = new KeysByLength()
      for (const [key, leaseMs] of this.#held) all.add(key, leaseMs)
      if (!all.isEmpty) this.#tell(all)
    }, RESTART_MS)
  }

  #tellDropped(): void {
    if (!this.#dropped.isEmpty) this.#tell(new KeysByLength())
  }

  #tell(held: KeysByLength): void {
    this.#post({ type: 'leases', hold: held.takeAll(), drop: this.#dropped.takeAll() })
  }

  #post(message: ToKeeperThread): void {
    this.#thread?.postMessage(message)
  }
}

const failed = (error: unknown): FromKeeperThread => ({
  type: 'error',
  refusal: refusalOf(new InvariantError(`the thread that extends leases failed: ${String(error)}`)),
})
