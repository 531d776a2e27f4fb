import { createRoute, z } from '@hono/zod-openapi'
import { TASK_STATES } from '@holdfast/store'
import { pageOf, positionOf } from '../cursor.js'
import { present } from '../present.js'
import { taskSchema, taskSummarySchema, taskSummaryView, taskView } from '../views/task.js'
import type { ApiContext } from './api-context.js'
import { BEARER, jsonAnswer, refusals } from './description.js'
import { cursorParam, idParams, limitParam } from './parameters.js'
import { routeGroup, type RouteGroup } from './route.js'

const listTasks = createRoute({
  method: 'get',
  path: '/tasks',
  operationId: 'listTasks',
  summary: 'List tasks, newest first',
  description: 'Without their results, which `GET /v1/tasks/{id}` has.',
  security: BEARER,
  request: {
    query: z.object({
      state: z.enum(TASK_STATES).optional(),
      type: z.string().min(1).optional(),
      cursor: cursorParam,
      limit: limitParam,
    }),
  },
  responses: {
    200: jsonAnswer(
      'One page',
      z.object({ tasks: z.array(taskSummarySchema), nextCursor: z.string().nullable() }).openapi('TaskPage'),
    ),
    ...refusals('input.invalid'),
  },
})

const getTask = createRoute({
  method: 'get',
  path: '/tasks/{id}',
  operationId: 'getTask',
  summary: 'A task, and how far it has come',
  security: BEARER,
  request: { params: idParams },
  responses: { 200: jsonAnswer('The task', taskSchema), ...refusals('task.not_found') },
})

const cancelTask = createRoute({
  method: 'post',
  path: '/tasks/{id}/cancel',
  operationId: 'cancelTask',
  summary: 'Cancel a task',
  description:
    'Open items become `cancelled` and their leases are revoked: running handlers are told, and what they still write ' +
    'is refused. Takes no body.',
  security: BEARER,
  request: { params: idParams },
  responses: {
    200: jsonAnswer(
      'Where it stands now',
      z
        .object({
          id: z.string(),
          state: z.enum(TASK_STATES),
          cancelled: z.int().openapi({ description: 'items cancelled by this call' }),
        })
        .openapi('CancelledTask'),
    ),
    ...refusals('task.not_found', 'task.already_terminal'),
  },
})

/** GET /v1/tasks, GET /v1/tasks/{id} and POST /v1/tasks/{id}/cancel. */
export const taskRoutes = ({ store }: ApiContext): RouteGroup =>
  routeGroup()
    .openapi(listTasks, async (c) => {
      const { state, type, cursor, limit } = c.req.valid('query')
      const rows = await store.tasks.list(
        present({ state, type, beforeSeq: positionOf(cursor), limit: limit + 1, payloads: false }),
      )
      const page = pageOf(rows, limit, (task) => task.seq)
      return c.json({ tasks: page.rows.map(taskSummaryView), nextCursor: page.nextCursor }, 200)
    })
    .openapi(getTask, async (c) => {
      const { id } = c.req.valid('param')
      const task = await store.tasks.require(id)
      return c.json(taskView(task, await store.workItems.count(id)), 200)
    })
    .openapi(cancelTask, async (c) => {
      const { id } = c.req.valid('param')
      const { state, cancelled } = await store.tasks.cancel(id)
      return c.json({ id, state, cancelled }, 200)
    })
