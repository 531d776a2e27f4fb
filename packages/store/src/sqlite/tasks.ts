import type { SqliteBinding } from './module.js'

export const taskBindings: readonly SqliteBinding[] = []
