import { z } from '@hono/zod-openapi'
import { MAX_NAME_LENGTH, type WORK_STATES, type WorkItemCounts } from '@holdfast/store'

/** A moment: UTC milliseconds since 1970. */
export const atMs: z.ZodType<number> = z.int().openapi({ description: 'UTC milliseconds' })
export const atMsOrNull: z.ZodType<number | null> = z.int().nullable().openapi({ description: 'UTC milliseconds' })

/** Anything that JSON can say: inputs, results and what else belongs to the user. */
export const anyJson: z.ZodType<unknown> = z.unknown().openapi({ description: 'any JSON value' })

/** Names and ids as the store takes them; it checks the characters itself. */
export const name: z.ZodType<string> = z.string().min(1).max(MAX_NAME_LENGTH)

/** How many items are in each state. */
export const countsSchema: z.ZodType<WorkItemCounts> = z
  .object({
    scheduled: z.int(),
    pending: z.int(),
    running: z.int(),
    waiting: z.int(),
    completed: z.int(),
    failed: z.int(),
    cancelled: z.int(),
  } satisfies Record<(typeof WORK_STATES)[number], z.ZodInt>)
  .openapi('WorkItemCounts')
