import type { Clock, ProcessKind } from '@holdfast/store'
import type { EngineStore } from '../engine-store.js'
import type { RetentionOptions, RetentionPolicy } from '../retention/retention.js'
import type { SweeperOptions } from '../sweep/sweeper.js'
import type { AnyTaskDefinition } from '../task-definition.js'
import type { TaskRegistry } from '../task-registry.js'
import type { Timers } from '../timers.js'
import type { WorkerEvent } from './worker-event.js'

export interface WorkerOptions {
  readonly store: EngineStore
  readonly tasks: Iterable<AnyTaskDefinition> | TaskRegistry
  /** Items that run at once. */
  readonly concurrency?: number
  /** Only these of the definitions' queues. */
  readonly queues?: readonly string[]
  /** Whose items; the store's own tenant by default. */
  readonly tenants?: readonly string[]
  /** Who holds the leases, for people to read. */
  readonly owner?: string
  /** Items held ready beyond those that run. */
  readonly prefetch?: number
  /** The longest wait between two looks for work. */
  readonly pollMs?: number
  /** How long handlers may go on at `stop()`, and after an abort before they are left behind. */
  readonly graceMs?: number
  /** How soon a cancelled item's handler is told, at the latest. */
  readonly leasePollMs?: number
  /**
   * `thread`: heartbeats come from a thread of their own, so a handler that blocks the event loop keeps its lease.
   * The default for a store on a file. `main`: from the event loop; the only way for `:memory:` and fake clocks.
   */
  readonly liveness?: 'thread' | 'main'
  /** How this process is registered, so that its death is noticed at once. `false` where somebody else does it. */
  readonly process?: { readonly kind?: ProcessKind; readonly version?: string } | false
  /** The sweeper beside the worker. `false` where another one sweeps. */
  readonly sweep?:
    | Pick<SweeperOptions, 'intervalMs' | 'deathWatchMs' | 'errorCheckpoints' | 'keepCheckpoints' | 'onScan'>
    | false
  /** How long what has ended is kept. `false` where another process deletes it, or nobody. */
  readonly retention?: (RetentionPolicy & Pick<RetentionOptions, 'onPass'>) | false
  readonly onEvent?: (event: WorkerEvent) => void
  readonly clock?: Clock
  readonly timers?: Timers
  /** From 0 to 1, for jitter. */
  readonly random?: () => number
}
