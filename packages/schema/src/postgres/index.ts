import type { SchemaObject } from '../triggers/schema-object.js'

export const postgresObjects: readonly SchemaObject[] = []
