import { createRoute, z } from '@hono/zod-openapi'
import { WORK_STATES } from '@holdfast/store'
import { pageOf, positionOf } from '../cursor.js'
import { present } from '../present.js'
import { workItemSchema, workItemSummarySchema, workItemSummaryView, workItemView } from '../views/work-item.js'
import type { ApiContext } from './api-context.js'
import { BEARER, jsonAnswer, refusals } from './description.js'
import { cursorParam, idParams, limitParam } from './parameters.js'
import { routeGroup, type RouteGroup } from './route.js'

const listItems = createRoute({
  method: 'get',
  path: '/tasks/{id}/items',
  operationId: 'listItems',
  summary: 'The work items of a task, oldest first',
  description: 'Without their inputs and results, which `GET /v1/items/{id}` has.',
  security: BEARER,
  request: {
    params: idParams,
    query: z.object({ state: z.enum(WORK_STATES).optional(), cursor: cursorParam, limit: limitParam }),
  },
  responses: {
    200: jsonAnswer(
      'One page',
      z.object({ items: z.array(workItemSummarySchema), nextCursor: z.string().nullable() }).openapi('WorkItemPage'),
    ),
    ...refusals('task.not_found', 'input.invalid'),
  },
})

const getItem = createRoute({
  method: 'get',
  path: '/items/{id}',
  operationId: 'getItem',
  summary: 'A work item with its input and result',
  security: BEARER,
  request: { params: idParams },
  responses: { 200: jsonAnswer('The item', workItemSchema), ...refusals('work_item.not_found') },
})

/** GET /v1/tasks/{id}/items and GET /v1/items/{id}. */
export const workItemRoutes = ({ store }: ApiContext): RouteGroup =>
  routeGroup()
    .openapi(listItems, async (c) => {
      const { id } = c.req.valid('param')
      const { state, cursor, limit } = c.req.valid('query')
      await store.tasks.require(id)
      const rows = await store.workItems.list(
        present({ taskId: id, state, afterSeq: positionOf(cursor), limit: limit + 1, payloads: false }),
      )
      const page = pageOf(rows, limit, (item) => item.seq)
      return c.json({ items: page.rows.map(workItemSummaryView), nextCursor: page.nextCursor }, 200)
    })
    .openapi(getItem, async (c) => {
      const item = await store.workItems.require(c.req.valid('param').id)
      return c.json(workItemView(item), 200)
    })
