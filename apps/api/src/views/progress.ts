import { isTerminal, WORK_STATES, type WorkItemCounts } from '@holdfast/store'
import { z } from '@hono/zod-openapi'

/** How far a task has come. `total` grows while the task still fans out. */
export interface Progress {
  /** Items in a terminal state, failed and cancelled ones included. */
  readonly done: number
  readonly total: number
}

export const progressSchema: z.ZodType<Progress> = z
  .object({ done: z.int(), total: z.int() })
  .openapi('Progress', { description: '`total` grows while the task still fans out' })

export const progressOf = (counts: WorkItemCounts): Progress => ({
  done: sum(counts, WORK_STATES.filter(isTerminal)),
  total: sum(counts, WORK_STATES),
})

const sum = (counts: WorkItemCounts, states: readonly (keyof WorkItemCounts)[]): number =>
  states.reduce((total, state) => total + counts[state], 0)
