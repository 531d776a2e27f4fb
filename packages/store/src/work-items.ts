import type { TransitionReason, WaitingReason, WorkState } from '@holdfast/schema'
import { operation, query, type Operation } from './operation.js'
import type { Payload } from './payload.js'

export interface NewWorkItem {
  readonly id: string
  readonly type: string
  readonly queue: string
  /** Larger first. */
  readonly priority: number
  readonly input: Payload
  readonly maxAttempts: number
  /** The item is `scheduled` until then; at or before `nowMs` it is `pending` at once. */
  readonly visibleAtMs: number
  readonly deadlineAtMs: number | null
  readonly timeoutMs: number | null
}

export interface WorkItemRecord {
  readonly tenant: string
  readonly id: string
  readonly seq: number
  readonly taskId: string
  readonly parentId: string | null
  readonly isRoot: boolean
  readonly type: string
  readonly queue: string
  readonly priority: number
  readonly state: WorkState
  readonly reason: TransitionReason
  readonly waitingReason: WaitingReason | null
  readonly visibleAtMs: number
  readonly deadlineAtMs: number | null
  readonly timeoutMs: number | null
  readonly attempt: number
  readonly maxAttempts: number
  readonly fencingToken: number
  readonly leaseOwner: string | null
  readonly processId: string | null
  readonly leaseMs: number | null
  readonly leaseAcquiredAtMs: number | null
  readonly leaseExpiresAtMs: number | null
  readonly heartbeatAtMs: number | null
  readonly isAhead: boolean
  readonly input: Payload
  readonly result: Payload | null
  readonly error: string | null
  readonly createdAtMs: number
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
  readonly updatedAtMs: number
}

/** Proof of a lease: every write made under it carries these. */
export interface LeaseRef {
  readonly tenant: string
  readonly workItemId: string
  readonly fencingToken: number
}

export interface SpawnArgs {
  /** The lease of the item that fans out. */
  readonly parent: LeaseRef
  /** 1 to 1,000 items. */
  readonly items: readonly NewWorkItem[]
  readonly nowMs: number
}

export interface ListWorkItemsArgs {
  readonly tenant: string
  readonly taskId: string
  readonly state: WorkState | null
  /** Items newer than this `seq`; null from the first. */
  readonly afterSeq: number | null
  readonly limit: number
  /** False leaves inputs and results where they are: each may be a megabyte. They then read as null. */
  readonly payloads: boolean
}

export type WorkItemCounts = { readonly [State in WorkState]: number }

/**
 * Adds items to the task of an item that is under lease. An id that exists in this task with the same type, queue
 * and input is left as it is, so a fan-out may run again. Refused: `lease.lost`, `work_item.not_found`, `work_item.already_terminal`,
 * `work_item.conflict`, `task.not_active`.
 */
export const spawnWorkItems: Operation<SpawnArgs, { readonly created: number }> = operation('workItems.spawn')

export const getWorkItem: Operation<{ readonly tenant: string; readonly id: string }, WorkItemRecord | null> =
  query('workItems.get')

/** Oldest first within a state; by `seq` when no state is named. */
export const listWorkItems: Operation<ListWorkItemsArgs, readonly WorkItemRecord[]> = query('workItems.list')

/** How many items of a task are in each state. Refused: `task.not_found`. */
export const countWorkItems: Operation<{ readonly tenant: string; readonly taskId: string }, WorkItemCounts> =
  query('workItems.count')
