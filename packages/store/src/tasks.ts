import type { FailurePolicy, TaskState } from '@holdfast/schema'
import type { KeyTrust } from './idempotency.js'
import { operation, query, type Operation } from './operation.js'
import type { Payload } from './payload.js'
import type { NewWorkItem } from './work-items.js'

/** One submission: a task and its root item, whose id is the task's own. */
export interface SubmitTaskArgs {
  readonly tenant: string
  readonly failurePolicy: FailurePolicy
  /** JSON for people and lists; null for none. */
  readonly metadata: string | null
  readonly item: NewWorkItem
  /** Where given, key, task and answer are written in one transaction. */
  readonly idempotency: {
    readonly key: string
    readonly requestHash: string
    /** The answer that every repeat gets, byte for byte. */
    readonly response: Payload
    readonly expiresAtMs: number
    readonly trust: KeyTrust
  } | null
  readonly nowMs: number
}

export interface SubmittedTask {
  /** The task that the id or the key stands for. A key outlives its task: once that was deleted, the id asked for. */
  readonly taskId: string
  /** False when this id, or this key with the same request, was submitted before: nothing was added. */
  readonly created: boolean
  /** The answer stored under the idempotency key, when this call repeats one. */
  readonly replayed: Payload | null
}

export interface TaskRecord {
  readonly tenant: string
  readonly id: string
  readonly seq: number
  readonly type: string
  readonly state: TaskState
  readonly failurePolicy: FailurePolicy
  readonly metadata: string | null
  readonly cancelRequestedAtMs: number | null
  readonly createdAtMs: number
  readonly finishedAtMs: number | null
  /** The root item's, once the task has ended. */
  readonly result: Payload | null
  /** JSON of the root item's failure, or of the first failed item's where that is what failed the task. */
  readonly error: string | null
}

export interface ListTasksArgs {
  readonly tenant: string
  readonly state: TaskState | null
  readonly type: string | null
  /** Tasks older than this `seq`; null for the newest. */
  readonly beforeSeq: number | null
  readonly limit: number
  /** False leaves results where they are: each may be a megabyte. They then read as null. */
  readonly payloads: boolean
}

export interface CancelTaskArgs {
  readonly tenant: string
  readonly id: string
  /** Items to cancel in this transaction. */
  readonly limit: number
  readonly nowMs: number
}

export interface CancelledTask {
  readonly state: TaskState
  /** Items cancelled by this call. */
  readonly cancelled: number
  /** True while open items remain: call again, or leave the rest to the sweep. */
  readonly remaining: boolean
}

/**
 * Adds a task and its root item, once per id and once per idempotency key.
 *
 * Refused: `task.conflict` (this id exists with another type, queue or input), `idempotency.conflict` (this key was
 * used for another request), `idempotency.in_progress` (another caller holds the key under a lease).
 */
export const submitTask: Operation<SubmitTaskArgs, SubmittedTask> = operation('tasks.submit')

/**
 * Asks a task to end: open items become `cancelled`, their tokens raised, at most `limit` of them in one call. From
 * the first call on the task takes no new items, and its outcome is `cancelled`: also when an item that no call has
 * reached yet is claimed meanwhile, or even ends. (A test for it inside the claim would make claims slow in the backlog
 * of a large task that is being cancelled.) Refused: `task.not_found`, `task.already_terminal`.
 */
export const cancelTask: Operation<CancelTaskArgs, CancelledTask> = operation('tasks.cancel')

export const getTask: Operation<{ readonly tenant: string; readonly id: string }, TaskRecord | null> =
  query('tasks.get')

/** Newest first. */
export const listTasks: Operation<ListTasksArgs, readonly TaskRecord[]> = query('tasks.list')
