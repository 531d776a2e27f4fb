import { sql } from 'drizzle-orm'
import type { SqliteDatabase } from './connection.js'
import { preparedChange, preparedTuple } from './prepared.js'

const p = sql.placeholder

/** When the next `scheduled` item is due: the head of its index, which the lower bound makes a search. */
const NEXT_DUE = sql`
  select visible_at_ms
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

/**
 * Promotes up to `limit` items; costs one look at an index where nothing is due.
 *
 * Nothing falls due twice in one millisecond, and nobody schedules for a time that has come: when a look has found
 * nothing, the next one waits for the clock to move.
 */
export const preparedPromotion = (
  db: SqliteDatabase,
): { nextDueAtMs(): number | null; promote(limit: number, nowMs: number): number } => {
  const nextDue = preparedTuple<[dueAtMs: number]>(db, NEXT_DUE)
  const update = preparedChange(db, PROMOTE)
  let nothingDueAtMs = Number.NaN
  const nextDueAtMs = (): number | null => nextDue()?.[0] ?? null
  return {
    nextDueAtMs,
    promote: (limit, nowMs) => {
      if (nowMs === nothingDueAtMs) return 0
      const dueAtMs = nextDueAtMs()
      if (dueAtMs !== null && dueAtMs <= nowMs) return update({ limit, nowMs })
      nothingDueAtMs = nowMs
      return 0
    },
  }
}
