import type { SqliteBinding } from './module.js'

export const workItemBindings: readonly SqliteBinding[] = []
