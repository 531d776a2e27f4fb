import type { Claim, HeldLease } from '@holdfast/store'
import type { TestStore } from '../open-test-store.js'

/** Claims from the queue `test`, or as told. */
export const claimMany = async ({ store }: TestStore, request: Partial<Claim> = {}): Promise<readonly HeldLease[]> =>
  store.leases.claim({
    owner: 'worker-a',
    leaseMs: 1_000,
    limit: 1_000,
    ...(request.taskId === undefined && request.queues === undefined ? { queue: 'test' } : {}),
    ...request,
  })

/** Claims one item, which has to be there. */
export const claimOne = async (test: TestStore, request: Partial<Claim> = {}): Promise<HeldLease> => {
  const [lease] = await claimMany(test, { ...request, limit: 1 })
  if (!lease) throw new Error('there was nothing to claim')
  return lease
}
