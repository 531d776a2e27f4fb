import type { EventType } from '@holdfast/schema'
import { operation, query, type Operation } from './operation.js'
import type { Payload } from './payload.js'
import type { LeaseRef } from './work-items.js'

export interface EventRecord {
  readonly workItemId: string
  readonly position: number
  readonly type: EventType
  readonly atMs: number
  readonly fencingToken: number
  readonly actor: string | null
  readonly data: Payload | null
  readonly spanId: string | null
}

export interface EventPage {
  /** Contiguous, starting right after the position asked for. */
  readonly events: readonly EventRecord[]
  readonly oldestPosition: number
  readonly lastPosition: number
}

/** Adds a `log` row to the item's journal. Refused: `lease.lost`, `work_item.not_found`, `work_item.already_terminal`. */
export const appendLog: Operation<
  LeaseRef & { readonly data: Payload; readonly spanId: string | null; readonly nowMs: number },
  { readonly position: number }
> = operation('events.log')

/**
 * An item's journal after a position, in order and without gaps. A task's own journal is its root item's, under the
 * task's id. Refused: `work_item.not_found`, `events.position_expired`.
 */
export const readEvents: Operation<
  { readonly tenant: string; readonly workItemId: string; readonly afterPosition: number; readonly limit: number },
  EventPage
> = query('events.read')
