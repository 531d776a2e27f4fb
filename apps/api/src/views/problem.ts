import { z } from '@hono/zod-openapi'
import type { Problem } from '../problem.js'

export const problemSchema: z.ZodType<Problem> = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().openapi({ description: 'stable: branch on this' }),
    instance: z.string(),
    details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
    issues: z.array(z.object({ path: z.array(z.union([z.string(), z.number()])), message: z.string() })).optional(),
  })
  // The schema library writes "absent or undefined"; a problem never holds undefined.
  .openapi('Problem') as unknown as z.ZodType<Problem>
