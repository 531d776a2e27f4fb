import { type SQL, sql } from 'drizzle-orm'

/** Nobody holds the item any more. Token and settle token are left to the statement: they say who ended the lease. */
export const LEASE_CLEARED: SQL = sql.raw(
  `lease_owner = null, process_id = null, lease_ms = null, lease_acquired_at_ms = null,
        lease_expires_at_ms = null, heartbeat_at_ms = null, is_ahead = 0`,
)
