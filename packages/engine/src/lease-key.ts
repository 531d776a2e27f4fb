import type { LeaseRef } from '@holdfast/store'

/** One text for one lease: the same item under another token is another lease. */
export const leaseKey = ({ tenant, workItemId, fencingToken }: LeaseRef): string =>
  `${tenant}\u0000${workItemId}\u0000${fencingToken}`
