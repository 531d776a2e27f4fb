import { LeaseExpiredError, LeaseLostError, type LeaseRef } from '@holdfast/store'
import type { EngineStore } from '../engine-store.js'
import { CancelledError } from '../errors.js'

/**
 * Why a lease is no longer held, as the reason to abort its handler with; undefined when it is held after all.
 * Looks once: what refused a heartbeat knows that the lease is gone, not whether the item was cancelled.
 */
export const reasonOfLoss = async (
  store: Pick<EngineStore, 'leases'>,
  { tenant, workItemId, fencingToken }: LeaseRef,
): Promise<Error | undefined> => {
  const status = await store.leases.status(workItemId, { tenant })
  if (status?.state === 'cancelled') return new CancelledError(`work item ${workItemId} was cancelled`)
  if (status?.state !== 'running' || status.fencingToken !== fencingToken)
    return new LeaseLostError(`the lease on ${workItemId} was taken back`, {
      heldToken: fencingToken,
      currentToken: status?.fencingToken ?? null,
    })
  if (status.isExpired) return new LeaseExpiredError(`the lease on ${workItemId} ran out before its heartbeat`)
  return undefined
}
