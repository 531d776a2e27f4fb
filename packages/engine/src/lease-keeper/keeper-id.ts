const SUFFIX = '-leases'

/**
 * The id under which the lease thread of a process opens the store. It follows from the process's own, so that
 * whoever finds that process dead knows what its thread left for what it is.
 */
export const keeperIdOf = (processId: string): string => `${processId}${SUFFIX}`

/** Whether a lease thread goes by this id. */
export const isKeeperId = (processId: string): boolean => processId.endsWith(SUFFIX)
