import { createRoute, z } from '@hono/zod-openapi'
import { isTerminal } from '@holdfast/store'
import type { Context } from 'hono'
import { RequestRefusedError } from '../problem.js'
import { eventStream } from '../streams/event-stream.js'
import type { Batch } from '../streams/follow.js'
import { eventSchema, eventView, type EventView } from '../views/event.js'
import type { ApiContext } from './api-context.js'
import { BEARER, refusals } from './description.js'
import { afterParam, idParams, limitParam } from './parameters.js'
import { routeGroup, type RouteGroup } from './route.js'

/** Events that one look of a stream takes from the store: few, because each may carry a mebibyte of data. */
const STREAM_BATCH = 16

interface EventPageView {
  readonly events: readonly EventView[]
  /** Positions before this one are no longer kept. */
  readonly oldestPosition: number
  readonly lastPosition: number
}

const pageSchema: z.ZodType<EventPageView> = z
  .object({ events: z.array(eventSchema), oldestPosition: z.int(), lastPosition: z.int() })
  .openapi('EventPage')

const eventsOf = (owner: 'tasks' | 'items', summary: string, notFound: string) =>
  createRoute({
    method: 'get',
    path: `/${owner}/{id}/events` as const,
    operationId: owner === 'tasks' ? 'readTaskEvents' : 'readItemEvents',
    summary,
    description:
      'A page as JSON; with `Accept: text/event-stream` a stream of server-sent events without gaps, whose `id` is ' +
      'the position, from `Last-Event-ID` or `after`. It ends with an `end` event when the item has ended and ' +
      'everything was sent. A failure in between arrives as a `problem` event.',
    security: BEARER,
    request: {
      params: idParams,
      query: z.object({ after: afterParam, limit: limitParam }),
      headers: z.object({ 'last-event-id': z.string().optional() }),
    },
    responses: {
      200: {
        description: 'Events in order, right after the position asked for',
        content: { 'application/json': { schema: pageSchema }, 'text/event-stream': { schema: z.string() } },
      },
      ...refusals(notFound, 'events.position_expired', 'input.invalid', 'http.too_many_streams'),
    },
  })

/** GET /v1/items/{id}/events, and a task's, which are its root item's. */
export const eventRoutes = (context: ApiContext): RouteGroup => {
  const { store } = context

  const read = async (workItemId: string, after: number, limit: number): Promise<EventPageView> => {
    const page = await store.events.read(workItemId, { afterPosition: after, limit })
    // Silence would be a wrong answer to a client that knows of events which this file doesn't have.
    if (after > page.lastPosition) {
      throw new RequestRefusedError('input.invalid', `position ${after} is beyond the last one, ${page.lastPosition}`, {
        details: { lastPosition: page.lastPosition },
      })
    }
    return { ...page, events: page.events.map(eventView) }
  }

  const stream = (c: Context, workItemId: string, from: number): Promise<Response> => {
    let after = from
    const next = async (): Promise<Batch> => {
      // Asked before the journal: an item that had ended by then has its last event in what is read now.
      const status = await store.leases.status(workItemId)
      const { events, lastPosition } = await read(workItemId, after, STREAM_BATCH)
      after = events.at(-1)?.position ?? after
      const hasMore = events.length > 0 && after < lastPosition
      const state = status?.state
      return {
        events: events.map((event) => ({ id: event.position, event: event.type, data: event })),
        hasMore,
        end: state !== undefined && isTerminal(state) && !hasMore ? { state } : null,
      }
    }
    return eventStream(c, context, next)
  }

  const answer = async (c: Context, id: string, query: { after?: number | undefined; limit: number }) => {
    const after = positionAfter(c.req.header('last-event-id')) ?? query.after ?? 0
    if (wantsStream(c)) return stream(c, id, after)
    return c.json(await read(id, after, query.limit), 200)
  }

  return routeGroup()
    .openapi(eventsOf('items', 'The journal of a work item', 'work_item.not_found'), (c) =>
      answer(c, c.req.valid('param').id, c.req.valid('query')),
    )
    .openapi(eventsOf('tasks', "The journal of a task's root item", 'task.not_found'), async (c) => {
      const { id } = c.req.valid('param')
      await store.tasks.require(id)
      return answer(c, id, c.req.valid('query'))
    })
}

const wantsStream = (c: Context): boolean => /\btext\/event-stream\b/i.test(c.req.header('accept') ?? '')

/** A client that reconnects sends the id of the last event it got; it outranks the query of its first request. */
const positionAfter = (lastEventId: string | undefined): number | undefined => {
  if (lastEventId === undefined || lastEventId === '') return undefined
  if (/^\d{1,15}$/.test(lastEventId)) return Number(lastEventId)
  throw new RequestRefusedError('input.invalid', 'Last-Event-ID must be the id of an event of this stream')
}
