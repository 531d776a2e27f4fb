/**
 * What an acknowledged write survives; a property of the file.
 *
 * `power`: power loss. `process`: `kill -9`, while power loss may take the last commits. `none`: tests only.
 */
export const DURABILITY_LEVELS = ['power', 'process', 'none'] as const
export type DurabilityLevel = (typeof DURABILITY_LEVELS)[number]
