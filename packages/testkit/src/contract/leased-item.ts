import type { Claim, HeldLease } from '@holdfast/store'
import type { TestStore } from '../open-test-store.js'
import { claimOne } from './claiming.js'

/** Submits a task of one item and claims it. */
export const leasedItem = async (test: TestStore, claim: Partial<Claim> = {}): Promise<HeldLease> =>
  claimOne(test, { taskId: await test.enqueue(), ...claim })
