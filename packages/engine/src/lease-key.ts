import type { LeaseRef } from '@holdfast/store'

/** One text for one lease: the same item under another token is another lease. */
export const leaseKey = ({ tenant, workItemId, fencingToken }: LeaseRef): string =>
  `${tenant}\u0000${workItemId}\u0000${fencingToken}`

/** The lease that {@link leaseKey} made this text of. No name holds a NUL, so it falls into its three parts. */
export const leaseOfKey = (key: string): LeaseRef => {
  const [tenant = '', workItemId = '', fencingToken] = key.split('\u0000')
  return { tenant, workItemId, fencingToken: Number(fencingToken) }
}
