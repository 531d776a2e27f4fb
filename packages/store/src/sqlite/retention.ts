import type { SqliteBinding } from './module.js'

export const retentionBindings: readonly SqliteBinding[] = []
