import { type SQL, sql } from 'drizzle-orm'
import type { Recovery, RecoveredItem } from '../sweep.js'
import type { SqliteDatabase } from './connection.js'
import { isGroupFatal, toStoreError } from './database-errors.js'
import { preparedErrorBoundary } from './error-boundary.js'
import { LEASE_CLEARED } from './lease-columns.js'
import { preparedRows } from './prepared.js'

const p = sql.placeholder

/** A lease that is to be taken back, as it was found. */
export interface FoundLease {
  readonly seq: number
  readonly taskSeq: number
  readonly tenant: string
  readonly workItemId: string
  readonly fencingToken: number
  readonly owner: string
  readonly acquiredAtMs: number
  readonly leaseExpiresAtMs: number
  readonly heartbeatAtMs: number | null
  readonly attempt: number
  readonly maxAttempts: number
  readonly isAhead: number
}

export const FOUND_LEASE: SQL = sql.raw(
  `seq, task_seq as "taskSeq", tenant, id as "workItemId", fencing_token as "fencingToken", lease_owner as owner,
    lease_acquired_at_ms as "acquiredAtMs", lease_expires_at_ms as "leaseExpiresAtMs", heartbeat_at_ms as "heartbeatAtMs",
    attempt, max_attempts as "maxAttempts", is_ahead as "isAhead"`,
)

/** Why leases are taken back, and by whom. */
interface RecoveryCause {
  readonly reason: 'expired' | 'process_dead'
  readonly sweeper: string
  readonly nowMs: number
}

/** What the item's row, its journal and its error checkpoint say about the lease that ended. */
interface RecoveryError {
  readonly code: 'lease.expired' | 'process.dead'
  readonly message: string
  readonly attempt: number
  readonly maxAttempts: number
  readonly owner: string
  readonly sweeper: string
}

/**
 * Takes one lease back. Guarded by token and expiry: a heartbeat or a completion since the look wins. Never begun:
 * the attempt is given back. Begun: requeued while attempts are left, failed otherwise.
 */
const RECOVER = sql`
  update work_items
  set state = case when is_ahead = 1 or attempt < max_attempts then 'pending' else 'failed' end,
    reason = case when is_ahead = 1 then 'ahead_returned' else ${p('reason')} end,
    attempt = attempt - is_ahead,
    fencing_token = fencing_token + 1, ${LEASE_CLEARED},
    error = case when is_ahead = 1 then error else ${p('error')} end,
    finished_at_ms = case when is_ahead = 1 or attempt < max_attempts then null else ${p('nowMs')} end,
    updated_at_ms = ${p('nowMs')}
  where seq = ${p('seq')} and state = 'running'
    and fencing_token = ${p('fencingToken')} and lease_expires_at_ms = ${p('leaseExpiresAtMs')}
  returning state, attempt, max_attempts as "maxAttempts", fencing_token as "fencingToken"`

interface Recovered {
  readonly state: 'pending' | 'failed'
  readonly attempt: number
  readonly maxAttempts: number
  readonly fencingToken: number
}

const errorOf = (lease: FoundLease, { reason, sweeper }: RecoveryCause): RecoveryError => {
  const { attempt, maxAttempts, owner } = lease
  const end = attempt < maxAttempts ? 'it goes back to its queue' : 'no attempt is left'
  const about = { attempt, maxAttempts, owner, sweeper }
  return reason === 'expired'
    ? {
        code: 'lease.expired',
        message: `the lease of ${owner} ran out in attempt ${attempt} of ${maxAttempts}: ${end}`,
        ...about,
      }
    : {
        code: 'process.dead',
        message: `the process of ${owner} died in attempt ${attempt} of ${maxAttempts}: ${end}`,
        ...about,
      }
}

/**
 * Takes back the leases it is given, each on its own: one bad item is reported and doesn't stop the rest, and an error
 * checkpoint that can't be written doesn't undo the recovery it tells of.
 */
export const preparedRecovery = (
  db: SqliteDatabase,
): ((found: readonly FoundLease[], cause: RecoveryCause, checkpointIds: readonly string[]) => Recovery) => {
  const update = preparedRows<Recovered>(db, RECOVER)
  const writeErrorBoundary = preparedErrorBoundary(db)

  /** Runs one step in a savepoint of its own. What may have hurt the whole transaction is thrown on. */
  const attempt = <Result>(
    workItemId: string,
    errors: Recovery['errors'][number][],
    step: () => Result,
  ): Result | undefined => {
    try {
      return db.transaction(step)
    } catch (cause) {
      if (isGroupFatal(cause)) throw cause
      const { code, message } = toStoreError(cause)
      errors.push({ workItemId, code, message })
      return undefined
    }
  }

  return (found, cause, checkpointIds) => {
    const recovered: RecoveredItem[] = []
    const failed: RecoveredItem[] = []
    const errors: Recovery['errors'][number][] = []
    let errorCheckpoints = 0
    for (const [index, lease] of found.entries()) {
      const error = errorOf(lease, cause)
      const values = { ...lease, reason: cause.reason, error: JSON.stringify(error), nowMs: cause.nowMs }
      const after = attempt(lease.workItemId, errors, () => update(values)[0])
      if (!after) continue
      const { state, attempt: attempts, maxAttempts } = after
      const { tenant, workItemId, owner: previousOwner } = lease
      const item: RecoveredItem = { tenant, workItemId, state, attempt: attempts, maxAttempts, previousOwner }
      if (state === 'failed') failed.push(item)
      else recovered.push(item)

      const id = checkpointIds[index]
      if (id === undefined || lease.isAhead === 1) continue
      const written = attempt(workItemId, errors, () => {
        writeErrorBoundary({
          id,
          lease,
          error,
          willRetry: state === 'pending',
          token: after.fencingToken,
          nowMs: cause.nowMs,
        })
        return true
      })
      if (written) errorCheckpoints += 1
    }
    return { found: found.length, recovered, failed, errorCheckpoints, errors }
  }
}
