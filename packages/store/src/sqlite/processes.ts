import type { SqliteBinding } from './module.js'

export const processBindings: readonly SqliteBinding[] = []
