import { createRoute, z } from '@hono/zod-openapi'
import { TERMINAL_TASK_STATES, type TaskState, type WorkItemCounts } from '@holdfast/store'
import { eventStream } from '../streams/event-stream.js'
import type { Batch } from '../streams/follow.js'
import { progressOf } from '../views/progress.js'
import type { ApiContext } from './api-context.js'
import { BEARER, refusals } from './description.js'
import { idParams } from './parameters.js'
import { routeGroup, type RouteGroup } from './route.js'

/** What a `progress` event of the stream holds. */
export interface ProgressSnapshot {
  readonly state: TaskState
  readonly counts: WorkItemCounts
  readonly done: number
  readonly total: number
}

const watchTask = createRoute({
  method: 'get',
  path: '/tasks/{id}/watch',
  operationId: 'watchTask',
  summary: 'Follow the progress of a task',
  description:
    'Server-sent events: `progress` with `{ state, counts, done, total }` at once and after every change, `end` when ' +
    'the task has ended. A client that connects again simply gets the newest snapshot.',
  security: BEARER,
  request: { params: idParams },
  responses: {
    200: { description: 'The stream', content: { 'text/event-stream': { schema: z.string() } } },
    ...refusals('task.not_found', 'http.too_many_streams'),
  },
})

/** GET /v1/tasks/{id}/watch. */
export const watchRoutes = (context: ApiContext): RouteGroup =>
  routeGroup().openapi(watchTask, (c) => {
    const { id } = c.req.valid('param')
    return eventStream(c, context, snapshotsOf(context.store, id))
  })

/** Looks at one task; each look tells of a snapshot that differs from the one before. */
const snapshotsOf = ({ tasks, workItems }: ApiContext['store'], id: string): (() => Promise<Batch>) => {
  let lastSent = ''
  return async () => {
    // The state first: once the task has ended, the counts that follow are final.
    const { state } = await tasks.require(id)
    const counts = await workItems.count(id)
    const snapshot: ProgressSnapshot = { state, counts, ...progressOf(counts) }
    const text = JSON.stringify(snapshot)
    const isNews = text !== lastSent
    lastSent = text
    return {
      events: isNews ? [{ event: 'progress', data: snapshot }] : [],
      hasMore: false,
      end: isTerminal(state) ? { state } : null,
    }
  }
}

const isTerminal = (state: TaskState): boolean => (TERMINAL_TASK_STATES as readonly TaskState[]).includes(state)
