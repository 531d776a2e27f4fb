import { sql } from 'drizzle-orm'
import { appendLog, readEvents, type EventPage, type EventRecord } from '../events.js'
import { granted, refused } from '../operation.js'
import { preparedLeaseRefusal } from './lease-refusal.js'
import { oneStatement, read, type SqliteBinding } from './module.js'
import { preparedRows } from './prepared.js'

const p = sql.placeholder

const LOG = sql`
  INSERT INTO events (work_item_seq, position, type, at_ms, fencing_token, actor, data, encoding, raw_bytes, span_id)
  SELECT item.seq, stream.event_position + 1, 'log', ${p('nowMs')}, item.fencing_token, item.lease_owner,
    ${p('data')}, ${p('encoding')}, ${p('rawBytes')}, ${p('spanId')}
  FROM work_items AS item
  JOIN work_item_streams AS stream ON stream.work_item_seq = item.seq
  WHERE item.tenant = ${p('tenant')} AND item.id = ${p('workItemId')}
    AND item.state = 'running' AND item.fencing_token = ${p('fencingToken')}
  RETURNING position`

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
  SELECT stream.event_position AS "lastPosition",
    (SELECT min(kept.position) FROM events AS kept WHERE kept.work_item_seq = item.seq) AS "oldestPosition",
    event.position, event.type, event.at_ms AS "atMs", event.fencing_token AS "fencingToken", event.actor,
    event.data, event.encoding, event.raw_bytes AS "rawBytes", event.span_id AS "spanId"
  FROM work_items AS item
  JOIN work_item_streams AS stream ON stream.work_item_seq = item.seq
  LEFT JOIN events AS event ON event.work_item_seq = item.seq AND event.position > ${p('afterPosition')}
  WHERE item.tenant = ${p('tenant')} AND item.id = ${p('workItemId')}
  ORDER BY event.position
  LIMIT ${p('limit')}`

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
  const payload = data === null || encoding === null ? null : { data, encoding, rawBytes: rawBytes ?? 0 }
  return [{ workItemId, position, type, atMs, fencingToken, actor, data: payload, spanId }]
}

export const eventBindings: readonly SqliteBinding[] = [log, page]
