import { sql } from 'drizzle-orm'
import type { SqliteDatabase } from './connection.js'
import { preparedChange, preparedRows } from './prepared.js'

const p = sql.placeholder

/** When the next `scheduled` item is due: the head of its index, which the lower bound makes a search. */
const NEXT_DUE = sql`
  select visible_at_ms as "dueAtMs"
  from work_items
  where state = 'scheduled' and visible_at_ms >= 0
  order by visible_at_ms
  limit 1`

/** What has become due turns `pending`, the longest due first. */
const PROMOTE = sql`
  update work_items
  set state = 'pending', reason = 'due', updated_at_ms = ${p('nowMs')}
  where seq in (
    select seq from work_items
    where state = 'scheduled' and visible_at_ms <= ${p('nowMs')}
    order by visible_at_ms
    limit ${p('limit')}
  )`

/** Promotes up to `limit` items; costs one look at an index where nothing is due. */
export const preparedPromotion = (
  db: SqliteDatabase,
): { nextDueAtMs(): number | null; promote(limit: number, nowMs: number): number } => {
  const nextDue = preparedRows<{ dueAtMs: number }>(db, NEXT_DUE)
  const update = preparedChange(db, PROMOTE)
  const nextDueAtMs = (): number | null => nextDue()[0]?.dueAtMs ?? null
  return {
    nextDueAtMs,
    promote: (limit, nowMs) => {
      const dueAtMs = nextDueAtMs()
      return dueAtMs === null || dueAtMs > nowMs ? 0 : update({ limit, nowMs })
    },
  }
}
