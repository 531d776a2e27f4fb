import type { Clock, HeldLease, LeaseRef, Submits } from '@holdfast/store'
import type { EngineStore } from './engine-store.js'
import { spawnAll, type Spawned, type SpawnRequest, type SpawnRequests } from './fan-out.js'
import { runIdempotent } from './idempotent.js'
import { lastOwnCheckpoint, type OwnCheckpointType, type ResumePoint } from './resume-point.js'
import type { AnyTaskDefinition } from './task-definition.js'
import type { TaskRegistry } from './task-registry.js'
import type { Timers } from './timers.js'

type NewCheckpoint = Parameters<EngineStore['checkpoints']['append']>[1]

export interface CheckpointOptions {
  readonly name?: string
  /** A pack that `verifyCheckpoint` can check later: files, digests, exit codes, rows. */
  readonly evidence?: NewCheckpoint['evidence'] & {}
  readonly metadata?: Readonly<Record<string, unknown>>
}

/**
 * What a handler holds on to while it runs: who it is, what it left behind, and a way to write under its lease.
 *
 * Every write carries the fencing token. Once the lease is lost they are refused (`lease.lost`,
 * `work_item.already_terminal`), so a handler that went on unaware can't harm its successor.
 */
export interface TaskContext {
  readonly tenant: string
  readonly taskId: string
  readonly workItemId: string
  /** This try, from 1. */
  readonly attempt: number
  readonly maxAttempts: number
  /** Grows with every claim and every revocation: hand it to other systems that can compare. */
  readonly fencingToken: number
  /**
   * Aborts when going on is useless. Its reason is a typed error: `lease.lost` or `lease.expired`,
   * `work_item.cancelled`, `work_item.timeout`, `work_item.deadline_exceeded`, `worker.shutdown`.
   */
  readonly signal: AbortSignal
  readonly clock: Clock
  /** For modules with operations of their own, such as memory. */
  readonly store: Submits

  /** Appends progress that survives a crash; a later attempt finds it with {@link lastCheckpoint}. */
  checkpoint(
    type: OwnCheckpointType,
    snapshot: unknown,
    options?: CheckpointOptions,
  ): Promise<{ readonly id: string; readonly position: number }>
  /** The newest checkpoint of this item, by any attempt of it. `Snapshot` is your word for what you stored. */
  lastCheckpoint<Snapshot = unknown>(type?: OwnCheckpointType): Promise<ResumePoint<Snapshot> | undefined>

  /**
   * Adds items to this task, in batches of bounded size, so that any iterable will do, however long. An item's id
   * follows from its `key`: a fan-out that runs again after a crash adds what is missing and nothing twice.
   *
   * @throws {InvalidTaskInputError} `task.invalid_input`: an input doesn't fit its definition's schema.
   * @throws {WorkItemConflictError} `work_item.conflict`: a key was used for another type or input.
   */
  spawn<Definition extends AnyTaskDefinition>(item: SpawnRequest<Definition>): Promise<Spawned>
  spawn<Definition extends AnyTaskDefinition>(items: SpawnRequests<Definition>): Promise<Spawned>

  /**
   * Runs `execute` once per key and replays its answer after that, also in other items and after crashes.
   *
   * While somebody else executes, it waits for the answer.
   *
   * @throws {IdempotencyConflictError} `idempotency.conflict`: the key was used for another request.
   */
  idempotent<Answer>(key: string, request: unknown, execute: () => Answer | Promise<Answer>): Promise<Answer>
  /** A key for other systems' idempotency headers: the same in every attempt of this item. */
  idempotencyKey(suffix?: string): string

  /** Adds a row to the item's journal, for people who watch. */
  log(data: unknown): Promise<void>
}

export interface TaskContextParts {
  readonly store: EngineStore
  readonly registry: TaskRegistry
  readonly clock: Clock
  readonly timers: Timers
  readonly lease: HeldLease
  /** Makes it at the first call: most handlers never ask. */
  readonly signal: () => AbortSignal
  /** Told when items were added, so that this worker looks for them at once. */
  readonly onSpawned: () => void
}

/** The context of one attempt. */
export const createTaskContext = (parts: TaskContextParts): TaskContext => {
  const { store: shared, registry, clock, timers, lease, signal, onSpawned } = parts
  const { tenant, taskId, workItemId, attempt, maxAttempts, fencingToken } = lease
  const store = shared.forTenant(tenant)
  const ref: LeaseRef = { tenant, workItemId, fencingToken }
  return {
    tenant,
    taskId,
    workItemId,
    attempt,
    maxAttempts,
    fencingToken,
    get signal() {
      return signal()
    },
    clock,
    store: shared,

    checkpoint: (type, snapshot, options = {}) => store.checkpoints.append(ref, { type, snapshot, ...options }),
    lastCheckpoint: async <Snapshot>(type?: OwnCheckpointType) =>
      // The caller names the shape it stored; nothing here could know better.
      (await lastOwnCheckpoint(store, workItemId, type)) as ResumePoint<Snapshot> | undefined,

    spawn: async (items: SpawnRequests<AnyTaskDefinition> | SpawnRequest<AnyTaskDefinition>) => {
      const spawned = await spawnAll(items, { store, registry, lease: ref, signal: signal() })
      if (spawned.created > 0) onSpawned()
      return spawned
    },

    idempotent: (key, request, execute) =>
      runIdempotent(key, request, execute, { store, lease, timers, clock, signal: signal() }),
    idempotencyKey: (suffix) => (suffix === undefined ? workItemId : `${workItemId}:${suffix}`),

    log: async (data) => {
      await store.events.log(ref, data)
    },
  }
}
