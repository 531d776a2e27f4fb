import { type SQL, sql } from 'drizzle-orm'
import type { KeyTrust } from '../idempotency.js'

const p = sql.placeholder

/** Written as the expiry of a key whose owner is proven gone: no clock has anything to say about it any more. */
export const KEY_LEASE_ENDED: SQL = sql.raw('0')

/**
 * Whether the owner of a pending key is gone as far as its lease says so. Takes `nowMs`, a {@link KeyTrust}'s
 * `trustedLeaseMs`, and {@link overdueValues}.
 */
export const isKeyLeaseOver = (key: SQL): SQL => sql`(
    ${key}.lease_expires_at_ms = ${KEY_LEASE_ENDED}
    or (${key}.lease_expires_at_ms <= ${p('nowMs')} and ${key}.lease_ms <= ${p('trustedLeaseMs')})
    or (${key}.fencing_token = ${p('overdueToken')} and ${key}.lease_expires_at_ms = ${p('overdueExpiresAtMs')})
  )`

/** The parameters of what is overdue. No key has a token of 0. */
export const overdueValues = ({
  overdue,
}: Pick<KeyTrust, 'overdue'>): { readonly overdueToken: number; readonly overdueExpiresAtMs: number } => ({
  overdueToken: overdue?.fencingToken ?? 0,
  overdueExpiresAtMs: overdue?.leaseExpiresAtMs ?? 0,
})
