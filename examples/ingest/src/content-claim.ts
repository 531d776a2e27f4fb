import { setTimeout as sleep } from 'node:timers/promises'
import type { TaskContext } from '@holdfast/engine'
import type { IdempotencyKeys, KeyClaim } from '@holdfast/store'

/** Reading a file takes milliseconds: who holds its key for so long has died. */
const KEY_LEASE_MS = 10_000
/** Between two looks at a key that another item holds. */
const LOOK_AGAIN_MS = 250

/** The item that asks, and its lease. */
type Attempt = Pick<TaskContext, 'workItemId' | 'taskId' | 'tenant' | 'fencingToken' | 'signal'>

/**
 * Takes the key of one content, or finds what was stored under it.
 *
 * While another item reads the same content, it waits: to fail would burn an attempt for a matter of milliseconds. What
 * an earlier attempt of this item left pending is taken over at once; what a dead item of another task left, when its
 * lease on the key runs out.
 */
export const contentClaim = async (
  { workItemId, taskId, tenant, fencingToken, signal }: Attempt,
  keys: IdempotencyKeys,
  { key, request }: { readonly key: string; readonly request: unknown },
): Promise<Exclude<KeyClaim, { readonly outcome: 'in_progress' }>> => {
  const lease = { tenant, workItemId, fencingToken }
  const owner = `${workItemId}#${fencingToken}`
  for (;;) {
    const claim = await keys.checkOrCreate(key, { request, owner, lease, taskId, leaseMs: KEY_LEASE_MS })
    if (claim.outcome !== 'in_progress') return claim
    await sleep(LOOK_AGAIN_MS, undefined, { signal })
  }
}
