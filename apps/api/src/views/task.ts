import { z } from '@hono/zod-openapi'
import { FAILURE_POLICIES, TASK_STATES, type FailurePolicy, type Task, type TaskState, type WorkItemCounts } from '@holdfast/store'
import { anyJson, atMs, atMsOrNull, countsSchema, name } from './json-schemas.js'
import { progressOf, progressSchema, type Progress } from './progress.js'

/** A task as this API shows it. */
export interface TaskView {
  readonly id: string
  readonly type: string
  readonly state: TaskState
  readonly failurePolicy: FailurePolicy
  readonly metadata: unknown
  readonly cancelRequestedAtMs: number | null
  readonly createdAtMs: number
  readonly finishedAtMs: number | null
  /** The root item's, once the task has ended. */
  readonly result: unknown
  /** Why the task failed: `{ code, message, … }`. */
  readonly error: unknown
}

/** A task and how far it has come. */
export interface TaskDetailView extends TaskView {
  readonly counts: WorkItemCounts
  readonly progress: Progress
}

const taskShape = {
  id: name,
  type: name,
  state: z.enum(TASK_STATES),
  failurePolicy: z.enum(FAILURE_POLICIES),
  metadata: anyJson,
  cancelRequestedAtMs: atMsOrNull,
  createdAtMs: atMs,
  finishedAtMs: atMsOrNull,
  result: anyJson,
  error: anyJson,
}

export const taskSchema: z.ZodType<TaskView> = z.object(taskShape).openapi('Task')

export const taskDetailSchema: z.ZodType<TaskDetailView> = z
  .object({ ...taskShape, counts: countsSchema, progress: progressSchema })
  .openapi('TaskDetail')

// Absent values are sent as null: the members of a view are always all there.
export const taskView = (task: Task): TaskView => ({
  id: task.id,
  type: task.type,
  state: task.state,
  failurePolicy: task.failurePolicy,
  metadata: task.metadata ?? null,
  cancelRequestedAtMs: task.cancelRequestedAtMs,
  createdAtMs: task.createdAtMs,
  finishedAtMs: task.finishedAtMs,
  result: task.result ?? null,
  error: task.error ?? null,
})

export const taskDetailView = (task: Task, counts: WorkItemCounts): TaskDetailView => ({
  ...taskView(task),
  counts,
  progress: progressOf(counts),
})
