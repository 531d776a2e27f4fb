import { createRoute, z } from '@hono/zod-openapi'
import { present } from '../present.js'
import { searchHitSchema } from '../views/search-hit.js'
import type { ApiContext } from './api-context.js'
import { BEARER, jsonAnswer, refusals } from './description.js'
import { routeGroup, type RouteGroup } from './route.js'

const search = createRoute({
  method: 'get',
  path: '/search',
  operationId: 'search',
  summary: 'Search the stored texts',
  description:
    'Texts that hold all words, best first. The last word may be a beginning; "quoted words" stand together.',
  security: BEARER,
  request: {
    query: z.object({
      q: z.string().min(1),
      namespace: z.string().min(1).optional(),
      limit: z.coerce.number().int().min(1).optional(),
      offset: z.coerce.number().int().min(0).optional(),
    }),
  },
  responses: {
    200: jsonAnswer('The hits', z.object({ hits: z.array(searchHitSchema) }).openapi('SearchHits')),
    ...refusals('input.invalid', 'input.invalid_text', 'input.too_large'),
  },
})

/** GET /v1/search. */
export const searchRoutes = ({ memory }: ApiContext): RouteGroup =>
  routeGroup().openapi(search, async (c) => {
    const { q, namespace, limit, offset } = c.req.valid('query')
    const hits = await memory.search(q, present({ namespace, limit, offset }))
    return c.json({ hits: [...hits] }, 200)
  })
