import type { TaskState, WorkItemCounts } from '@holdfast/store'
import type { FinalEvent } from '../history/index.js'

/** Right before the COMMIT of a write, or right after it and before anybody is told. */
export type CrashMoment = 'before' | 'after'

/** Where a run is killed. */
export interface CrashPoint {
  /** The k-th transaction of the run that changes anything, from 1. */
  readonly write: number
  readonly moment: CrashMoment
}

/** One transaction that changed something. */
export interface DurableWrite {
  readonly write: number
  /** The types of the journal rows that it added: `lease.claimed`, `checkpoint.appended`. */
  readonly journalled: readonly string[]
}

/** What one child process is told, in its environment. */
export interface CrashRun {
  readonly path: string
  /** URL of the module that exports the task definitions. */
  readonly tasks: string
  readonly type: string
  readonly input: unknown
  readonly taskId: string
  readonly crash: CrashPoint | undefined
  /** Each durable write leaves a line here. */
  readonly writesFile: string
  /** What became of the task; written once it has ended. */
  readonly endFile: string
}

/** How a task has ended, in words that don't depend on how often it was begun. */
export interface TaskEnd {
  readonly state: TaskState
  readonly result: unknown
  /** Code of the failure; null where there is none. */
  readonly error: string | null
  readonly items: WorkItemCounts
}

/** What a child leaves in its end file. */
export interface EndReport extends TaskEnd {
  /** Every item's journal, by its id. */
  readonly journals: Readonly<Record<string, readonly FinalEvent[]>>
}

export const RUN_VARIABLE = 'HOLDFAST_TESTKIT_CRASH_RUN'

/** What this process was told. */
export const thisRun = (): CrashRun => {
  const text = process.env[RUN_VARIABLE]
  if (text === undefined) throw new Error(`this is part of crashExplorer, which starts it with ${RUN_VARIABLE}`)
  return JSON.parse(text) as CrashRun
}
