/** What kind of OS process registered itself. */
export const PROCESS_KINDS = ['api', 'worker', 'mcp', 'cli', 'embedded'] as const
export type ProcessKind = (typeof PROCESS_KINDS)[number]

/** `stopped`: it said goodbye. `dead`: another process found its death lock free, and took its leases back. */
export const PROCESS_STATES = ['alive', 'stopped', 'dead'] as const
export type ProcessState = (typeof PROCESS_STATES)[number]
