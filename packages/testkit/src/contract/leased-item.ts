import type { Repositories } from '@holdfast/store'
import type { TestStore } from '../open-test-store.js'

type Leases = Repositories['leases']
export type HeldLease = Awaited<ReturnType<Leases['claim']>>[number]

/** Submits a task of one item and claims it. Owner `a` unless told otherwise. */
export const leasedItem = async (
  { store, enqueue }: TestStore,
  claim: Partial<Parameters<Leases['claim']>[0]> & { readonly maxAttempts?: number } = {},
): Promise<HeldLease> => {
  const { maxAttempts = 3, ...rest } = claim
  const taskId = await enqueue({ maxAttempts })
  return claimItem({ store }, taskId, rest)
}

/** Claims the one pending item of a task. */
export const claimItem = async (
  { store }: Pick<TestStore, 'store'>,
  taskId: string,
  claim: Partial<Parameters<Leases['claim']>[0]> = {},
): Promise<HeldLease> => {
  const [lease] = await store.leases.claim({ taskId, owner: 'a', ...claim })
  if (!lease) throw new Error(`task ${taskId} has nothing to claim`)
  return lease
}
