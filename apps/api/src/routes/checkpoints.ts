import { createRoute, z } from '@hono/zod-openapi'
import { CHECKPOINT_TYPES } from '@holdfast/store'
import { pageOf, positionOf } from '../cursor.js'
import { present } from '../present.js'
import { checkpointSchema, checkpointView } from '../views/checkpoint.js'
import type { ApiContext } from './api-context.js'
import { BEARER, jsonAnswer, refusals } from './description.js'
import { cursorParam, idParams, limitParam } from './parameters.js'
import { routeGroup, type RouteGroup } from './route.js'

// Snapshots may take a mebibyte each: a page of them has to stay something that a program can hold.
const MOST_CHECKPOINTS = 50

const listOf = (owner: 'tasks' | 'items', summary: string, notFound: string) =>
  createRoute({
    method: 'get',
    path: `/${owner}/{id}/checkpoints` as const,
    operationId: owner === 'tasks' ? 'listTaskCheckpoints' : 'listItemCheckpoints',
    summary,
    security: BEARER,
    request: {
      params: idParams,
      query: z.object({
        type: z.enum(CHECKPOINT_TYPES).optional(),
        cursor: cursorParam,
        limit: limitParam,
      }),
    },
    responses: {
      200: jsonAnswer(
        `One page, of at most ${MOST_CHECKPOINTS}`,
        z
          .object({ checkpoints: z.array(checkpointSchema), nextCursor: z.string().nullable() })
          .openapi('CheckpointPage'),
      ),
      ...refusals(notFound, 'input.invalid'),
    },
  })

/** GET /v1/items/{id}/checkpoints, and those of a task, which are its root item's. */
export const checkpointRoutes = ({ store }: ApiContext): RouteGroup => {
  type Query = { type?: (typeof CHECKPOINT_TYPES)[number] | undefined; cursor?: string | undefined; limit: number }
  const page = async (workItemId: string, { type, cursor, limit: asked }: Query) => {
    const limit = Math.min(asked, MOST_CHECKPOINTS)
    const rows = await store.checkpoints.list(
      workItemId,
      present({ type, beforePosition: positionOf(cursor), limit: limit + 1 }),
    )
    const found = pageOf(rows, limit, (checkpoint) => checkpoint.position)
    return { checkpoints: found.rows.map(checkpointView), nextCursor: found.nextCursor }
  }

  return routeGroup()
    .openapi(listOf('items', 'The checkpoints of a work item, newest first', 'work_item.not_found'), async (c) => {
      const { id } = c.req.valid('param')
      await store.workItems.require(id)
      return c.json(await page(id, c.req.valid('query')), 200)
    })
    .openapi(listOf('tasks', "The checkpoints of a task's root item, newest first", 'task.not_found'), async (c) => {
      const { id } = c.req.valid('param')
      await store.tasks.require(id)
      return c.json(await page(id, c.req.valid('query')), 200)
    })
}
