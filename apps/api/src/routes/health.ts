import { createRoute, z } from '@hono/zod-openapi'
import { StoreTimeoutError } from '@holdfast/store'
import { problemSchema } from '../views/problem.js'
import type { ApiContext } from './api-context.js'
import { jsonAnswer } from './description.js'
import { routeGroup, type RouteGroup } from './route.js'

/** How long the store may take to answer before this server calls itself not ready. */
const READY_TIMEOUT_MS = 2_000

const healthView = z.discriminatedUnion('status', [
  z.object({ status: z.literal('ok') }),
  z.object({
    status: z.literal('degraded'),
    code: z.string().describe('What writes are refused with: `store.disk_full` or `store.io`'),
    sinceMs: z.int().describe('When the first one was, UTC milliseconds'),
  }),
])

const health = createRoute({
  method: 'get',
  path: '/health',
  operationId: 'health',
  summary: 'Whether the process lives',
  description:
    'Asks nothing of the store. `degraded` while the disk takes no writes: reads go on, and writes by themselves once ' +
    'it takes them again, so starting the process anew would mend nothing. Needs no token.',
  security: [],
  responses: { 200: jsonAnswer('It lives', healthView) },
})

const ready = createRoute({
  method: 'get',
  path: '/ready',
  operationId: 'ready',
  summary: 'Whether the store answers',
  description: 'Needs no token.',
  security: [],
  responses: {
    200: jsonAnswer('It answers', z.object({ status: z.literal('ready') })),
    503: {
      description: 'It does not',
      content: { 'application/problem+json': { schema: problemSchema } },
    } as never, // thrown, as every refusal
  },
})

/** GET /health and GET /ready: for supervisors, so they need no token and tell nothing. */
export const healthRoutes = ({ store, trouble }: ApiContext): RouteGroup =>
  routeGroup()
    .openapi(health, (c) => {
      const found = trouble()
      return c.json(found ? { status: 'degraded' as const, ...found } : { status: 'ok' as const }, 200)
    })
    .openapi(ready, async (c) => {
      await within(READY_TIMEOUT_MS, store.processes.list({ limit: 1 }))
      return c.json({ status: 'ready' as const }, 200)
    })

const within = async (ms: number, answer: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StoreTimeoutError(`the store did not answer within ${ms} ms`)), ms)
  })
  try {
    await Promise.race([answer, tooLate])
  } finally {
    clearTimeout(timer)
  }
}
