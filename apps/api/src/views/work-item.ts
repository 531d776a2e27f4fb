import { z } from '@hono/zod-openapi'
import { WORK_STATES, type WorkItem, type WorkState } from '@holdfast/store'
import { anyJson, atMs, atMsOrNull, name } from './json-schemas.js'

/** A work item in a list: everything but its payloads, which may be large. */
export interface WorkItemSummaryView {
  readonly id: string
  readonly taskId: string
  /** The item that spawned it; null for a root item. */
  readonly parentId: string | null
  readonly isRoot: boolean
  readonly type: string
  readonly queue: string
  readonly priority: number
  readonly state: WorkState
  /** Why it last changed state. */
  readonly reason: string
  readonly waitingReason: string | null
  readonly attempt: number
  readonly maxAttempts: number
  readonly fencingToken: number
  readonly leaseOwner: string | null
  readonly leaseExpiresAtMs: number | null
  readonly visibleAtMs: number
  readonly deadlineAtMs: number | null
  readonly createdAtMs: number
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
  readonly updatedAtMs: number
  /** Of its last failure: `{ code, message, … }`. */
  readonly error: unknown
}

/** A work item with what it was asked and what it answered. */
export interface WorkItemView extends WorkItemSummaryView {
  readonly input: unknown
  readonly result: unknown
}

const summaryShape = {
  id: name,
  taskId: name,
  parentId: z.string().nullable(),
  isRoot: z.boolean(),
  type: name,
  queue: name,
  priority: z.int(),
  state: z.enum(WORK_STATES),
  reason: z.string(),
  waitingReason: z.string().nullable(),
  attempt: z.int(),
  maxAttempts: z.int(),
  fencingToken: z.int(),
  leaseOwner: z.string().nullable(),
  leaseExpiresAtMs: atMsOrNull,
  visibleAtMs: atMs,
  deadlineAtMs: atMsOrNull,
  createdAtMs: atMs,
  startedAtMs: atMsOrNull,
  finishedAtMs: atMsOrNull,
  updatedAtMs: atMs,
  error: anyJson,
}

export const workItemSummarySchema: z.ZodType<WorkItemSummaryView> = z.object(summaryShape).openapi('WorkItemSummary')

export const workItemSchema: z.ZodType<WorkItemView> = z
  .object({ ...summaryShape, input: anyJson, result: anyJson })
  .openapi('WorkItem')

export const workItemSummaryView = (item: WorkItem): WorkItemSummaryView => ({
  id: item.id,
  taskId: item.taskId,
  parentId: item.parentId,
  isRoot: item.isRoot,
  type: item.type,
  queue: item.queue,
  priority: item.priority,
  state: item.state,
  reason: item.reason,
  waitingReason: item.waitingReason,
  attempt: item.attempt,
  maxAttempts: item.maxAttempts,
  fencingToken: item.fencingToken,
  leaseOwner: item.leaseOwner,
  leaseExpiresAtMs: item.leaseExpiresAtMs,
  visibleAtMs: item.visibleAtMs,
  deadlineAtMs: item.deadlineAtMs,
  createdAtMs: item.createdAtMs,
  startedAtMs: item.startedAtMs,
  finishedAtMs: item.finishedAtMs,
  updatedAtMs: item.updatedAtMs,
  error: item.error ?? null,
})

export const workItemView = (item: WorkItem): WorkItemView => ({
  ...workItemSummaryView(item),
  input: item.input ?? null,
  result: item.result ?? null,
})
