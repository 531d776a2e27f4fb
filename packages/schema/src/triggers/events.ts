import type { EventType } from '../event-type.js'
import { oneOf } from '../predicates.js'
import { ALWAYS, type Guard } from './rule.js'

/** The rows that an owner adds by itself; all others are written by triggers. */
export const OWNER_EVENT_TYPES = ['log', 'checkpoint.begun'] as const satisfies readonly EventType[]

/** The journal of an item has no gap and no second version. */
export const eventGuards: readonly Guard[] = [
  {
    table: 'events',
    event: 'insert',
    rules: [
      {
        code: 'event.position_conflict',
        when: ALWAYS,
        and: `not exists (
      select 1 from work_item_streams stream
      where stream.work_item_seq = NEW.work_item_seq and stream.event_position + 1 = NEW.position
    )`,
      },
      {
        code: 'lease.lost',
        when: oneOf('NEW.type', OWNER_EVENT_TYPES),
        and: `not exists (
      select 1 from work_items item
      where item.seq = NEW.work_item_seq and item.state = 'running' and item.fencing_token = NEW.fencing_token
    )`,
      },
    ],
  },
  { table: 'events', event: 'update', rules: [{ code: 'event.append_only', when: ALWAYS }] },
]
