/** A task is `active` until its last work item ends; its row is written once more, then. */
export const TASK_STATES = ['active', 'completed', 'failed', 'cancelled'] as const
export type TaskState = (typeof TASK_STATES)[number]

export const TERMINAL_TASK_STATES = ['completed', 'failed', 'cancelled'] as const satisfies readonly TaskState[]
export type TerminalTaskState = (typeof TERMINAL_TASK_STATES)[number]

/**
 * How a task's outcome follows from its items, decided when the last of them ends.
 *
 * `any`: one failed item fails the task. `root`: the root item's outcome is the task's, and failed children are
 * listed beside it (an ingest with three unreadable files has still ingested the rest). In both, a task whose root
 * was cancelled is `cancelled`.
 */
export const FAILURE_POLICIES = ['any', 'root'] as const
export type FailurePolicy = (typeof FAILURE_POLICIES)[number]
