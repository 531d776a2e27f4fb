/**
 * The id under which the lease thread of a process opens the store. It follows from the process's own, so that
 * whoever finds that process dead can clear away what its thread left.
 */
export const keeperIdOf = (processId: string): string => `${processId}-leases`
