import type { SqliteBinding } from './module.js'

export const checkpointBindings: readonly SqliteBinding[] = []
