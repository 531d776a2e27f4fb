import type { SqliteBinding } from './module.js'

export const idempotencyBindings: readonly SqliteBinding[] = []
