import { z } from '@hono/zod-openapi'
import { EVENT_TYPES, type Event, type EventType } from '@holdfast/store'
import { anyJson, atMs, name } from './json-schemas.js'

/** One row of an item's journal. */
export interface EventView {
  readonly workItemId: string
  /** Counts from 1 without gaps. */
  readonly position: number
  readonly type: EventType
  readonly atMs: number
  readonly fencingToken: number
  readonly actor: string | null
  readonly data: unknown
}

export const eventSchema: z.ZodType<EventView> = z
  .object({
    workItemId: name,
    position: z.int(),
    type: z.enum(EVENT_TYPES),
    atMs,
    fencingToken: z.int(),
    actor: z.string().nullable(),
    data: anyJson,
  })
  .openapi('Event')

export const eventView = (event: Event): EventView => ({
  workItemId: event.workItemId,
  position: event.position,
  type: event.type,
  atMs: event.atMs,
  fencingToken: event.fencingToken,
  actor: event.actor,
  data: event.data ?? null,
})
