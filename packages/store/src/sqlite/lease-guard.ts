import { type SQL, sql } from 'drizzle-orm'

const p = sql.placeholder

/** The guard of every write under a lease. Expiry is no part of it: a lease that nobody revoked may still settle. */
export const UNDER_LEASE: SQL = sql`
  tenant = ${p('tenant')} and id = ${p('workItemId')}
    and state = 'running' and fencing_token = ${p('fencingToken')}`

/** The item as this very lease left it, however often it is asked. What was scheduled may have become `due` since. */
export const SETTLED_BY_LEASE: SQL = sql`
  tenant = ${p('tenant')} and id = ${p('workItemId')} and settle_token = ${p('fencingToken')}`
