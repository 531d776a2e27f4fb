import type { SqliteBinding } from './module.js'

export const sweepBindings: readonly SqliteBinding[] = []
