import type { WorkState } from '@holdfast/schema'
import { isTerminal } from '@holdfast/schema'
import { sql } from 'drizzle-orm'
import { refused, type Verdict } from '../operation.js'
import type { LeaseRef } from '../work-items.js'
import type { SqliteDatabase } from './connection.js'
import { preparedRows } from './prepared.js'

const p = sql.placeholder

/**
 * Looks once more after a write under a lease matched no row, and says why.
 *
 * Whoever's token is no longer the item's has lost the lease, whatever became of the item since; `state` in the
 * details says that. `work_item.already_terminal` is for the lease that ended the item itself.
 */
export const preparedLeaseRefusal = (db: SqliteDatabase): ((lease: LeaseRef) => Verdict<never>) => {
  const look = preparedRows<{ state: WorkState; fencingToken: number }>(
    db,
    sql`
      select state, fencing_token as "fencingToken"
      from work_items
      where tenant = ${p('tenant')} and id = ${p('workItemId')}`,
  )
  return (lease) => {
    const { workItemId, fencingToken: heldToken } = lease
    const [item] = look(lease)
    if (!item) return refused('work_item.not_found', `there is no work item ${workItemId}`, { workItemId })
    const { state, fencingToken: currentToken } = item
    if (isTerminal(state) && currentToken === heldToken)
      return refused('work_item.already_terminal', `work item ${workItemId} is ${state} already`, { workItemId, state })
    return refused(
      'lease.lost',
      `the lease on ${workItemId} was lost: held token ${heldToken}, current token ${currentToken}, now ${state}`,
      { workItemId, heldToken, currentToken, state },
    )
  }
}
