import { z } from '@hono/zod-openapi'
import {
  FAILURE_POLICIES,
  TASK_STATES,
  type FailurePolicy,
  type Task,
  type TaskState,
  type WorkItemCounts,
} from '@holdfast/store'
import { anyJson, atMs, atMsOrNull, countsSchema, name } from './json-schemas.js'
import { progressOf, progressSchema, type Progress } from './progress.js'

/** A task in a list: everything but its result, which may be large. */
export interface TaskSummaryView {
  readonly id: string
  readonly type: string
  readonly state: TaskState
  readonly failurePolicy: FailurePolicy
  readonly metadata: unknown
  readonly cancelRequestedAtMs: number | null
  readonly createdAtMs: number
  readonly finishedAtMs: number | null
  /** Why the task failed: `{ code, message, … }`. */
  readonly error: unknown
}

/** A task with its result and how far it has come. */
export interface TaskView extends TaskSummaryView {
  /** The root item's, once the task has ended. */
  readonly result: unknown
  readonly counts: WorkItemCounts
  readonly progress: Progress
}

const summaryShape = {
  id: name,
  type: name,
  state: z.enum(TASK_STATES),
  failurePolicy: z.enum(FAILURE_POLICIES),
  metadata: anyJson,
  cancelRequestedAtMs: atMsOrNull,
  createdAtMs: atMs,
  finishedAtMs: atMsOrNull,
  error: anyJson,
}

export const taskSummarySchema: z.ZodType<TaskSummaryView> = z.object(summaryShape).openapi('TaskSummary')

export const taskSchema: z.ZodType<TaskView> = z
  .object({ ...summaryShape, result: anyJson, counts: countsSchema, progress: progressSchema })
  .openapi('Task')

// Absent values are sent as null: the members of a view are always all there.
export const taskSummaryView = (task: Task): TaskSummaryView => ({
  id: task.id,
  type: task.type,
  state: task.state,
  failurePolicy: task.failurePolicy,
  metadata: task.metadata ?? null,
  cancelRequestedAtMs: task.cancelRequestedAtMs,
  createdAtMs: task.createdAtMs,
  finishedAtMs: task.finishedAtMs,
  error: task.error ?? null,
})

export const taskView = (task: Task, counts: WorkItemCounts): TaskView => ({
  ...taskSummaryView(task),
  result: task.result ?? null,
  counts,
  progress: progressOf(counts),
})
