import type { SqliteBinding } from './module.js'

export const leaseBindings: readonly SqliteBinding[] = []
