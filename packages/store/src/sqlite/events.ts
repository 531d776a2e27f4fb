import { sql } from 'drizzle-orm'
import { appendLog, readEvents, type EventPage, type EventRecord } from '../events.js'
import { granted, refused } from '../operation.js'
import { preparedLeaseRefusal } from './lease-refusal.js'
import { oneStatement, read, type SqliteBinding } from './module.js'
import { preparedRows } from './prepared.js'

const p = sql.placeholder

const LOG = sql`
  insert into events (work_item_seq, position, type, at_ms, fencing_token, actor, data, encoding, raw_bytes, span_id)
  select item.seq, stream.event_position + 1, 'log', ${p('nowMs')}, item.fencing_token, item.lease_owner,
    ${p('data')}, ${p('encoding')}, ${p('rawBytes')}, ${p('spanId')}
  from work_items as item
  join work_item_streams as stream on stream.work_item_seq = item.seq
  where item.tenant = ${p('tenant')} and item.id = ${p('workItemId')}
    and item.state = 'running' and item.fencing_token = ${p('fencingToken')}
  returning position`

const log = oneStatement(appendLog, (db) => {
  const insert = preparedRows<{ position: number }>(db, LOG)
  const refusal = preparedLeaseRefusal(db)
  return ({ data: { data, encoding, rawBytes }, ...args }) => {
    const [row] = insert({ ...args, data, encoding, rawBytes })
    return row ? granted(row) : refusal(args)
  }
})

// One statement, so one state of the file: an item without rows to give still answers, with one row of NULLs.
const PAGE = sql`
  select stream.event_position as "lastPosition",
    (select min(kept.position) from events as kept where kept.work_item_seq = item.seq) as "oldestPosition",
    event.position, event.type, event.at_ms as "atMs", event.fencing_token as "fencingToken", event.actor,
    event.data, event.encoding, event.raw_bytes as "rawBytes", event.span_id as "spanId"
  from work_items as item
  join work_item_streams as stream on stream.work_item_seq = item.seq
  left join events as event on event.work_item_seq = item.seq and event.position > ${p('afterPosition')}
  where item.tenant = ${p('tenant')} and item.id = ${p('workItemId')}
  order by event.position
  limit ${p('limit')}`

interface Row extends Omit<EventRecord, 'workItemId' | 'position' | 'data'> {
  readonly lastPosition: number
  readonly oldestPosition: number | null
  readonly position: number | null
  readonly data: string | null
  readonly encoding: string | null
  readonly rawBytes: number | null
}

const page = read(readEvents, (db) => {
  const find = preparedRows<Row>(db, PAGE)
  return (args) => {
    const { workItemId, afterPosition } = args
    const rows = find(args)
    const [first] = rows
    if (!first) return refused('work_item.not_found', `there is no work item ${workItemId}`, { workItemId })
    const { lastPosition, oldestPosition: kept } = first
    const oldestPosition = kept ?? lastPosition + 1
    if (afterPosition + 1 < oldestPosition)
      return refused(
        'events.position_expired',
        `the journal of ${workItemId} begins at ${oldestPosition}; ${afterPosition + 1} was asked for`,
        { workItemId, oldestPosition },
      )
    const events = rows.flatMap((row) => toRecord(workItemId, row))
    return granted({ events, oldestPosition, lastPosition } satisfies EventPage)
  }
})

const toRecord = (workItemId: string, row: Row): EventRecord[] => {
  const { position, type, atMs, fencingToken, actor, data, encoding, rawBytes, spanId } = row
  if (position === null) return []
  const payload =
    data === null || encoding === null ? null : { data, encoding, rawBytes: rawBytes ?? Buffer.byteLength(data) }
  return [{ workItemId, position, type, atMs, fencingToken, actor, data: payload, spanId }]
}

export const eventBindings: readonly SqliteBinding[] = [log, page]
