import { sql } from 'drizzle-orm'
import { peek } from '../leases.js'
import { granted } from '../operation.js'
import { quickRead, type SqliteBinding } from './module.js'
import { preparedRows } from './prepared.js'

const p = sql.placeholder

/**
 * One probe per queue and tenant, which stops at the first that holds something, and the head of what is scheduled:
 * flat in the backlog. On the caller's own thread, about 12 µs (two cores, Node 20, libsql).
 */
const PEEK = sql`
  select
    exists (
      select 1
      from json_each(${p('tenants')}) as whose, json_each(${p('queues')}) as which
      where exists (
        select 1 from work_items
        where tenant = whose.value and queue = which.value and state = 'pending'
      )
    ) as "isClaimable",
    (
      select visible_at_ms from work_items
      where state = 'scheduled' and visible_at_ms >= 0
      order by visible_at_ms
      limit 1
    ) as "nextDueAtMs"`

export const peekBinding: SqliteBinding = quickRead(peek, (db) => {
  const look = preparedRows<{ isClaimable: number; nextDueAtMs: number | null }>(db, PEEK)
  return ({ tenants, queues }) => {
    const [row] = look({ tenants: JSON.stringify(tenants), queues: JSON.stringify(queues) })
    return granted({ isClaimable: row?.isClaimable === 1, nextDueAtMs: row?.nextDueAtMs ?? null })
  }
})
