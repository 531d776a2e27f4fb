import { LEASE_THREAD_SUFFIX } from '@holdfast/store'

/**
 * The id under which the lease thread of a process opens the store. It follows from the process's own, so that
 * whoever finds that process dead knows what its thread left for what it is.
 */
export const keeperIdOf = (processId: string): string => `${processId}${LEASE_THREAD_SUFFIX}`

/** Whether a lease thread goes by this id. */
export const isKeeperId = (processId: string): boolean => processId.endsWith(LEASE_THREAD_SUFFIX)
