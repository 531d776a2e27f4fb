import type { SqliteBinding } from './module.js'

export const eventBindings: readonly SqliteBinding[] = []
