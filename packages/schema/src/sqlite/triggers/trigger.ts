import type { SchemaObject } from '../../triggers/schema-object.js'

/** A trigger of SQLite is one statement. */
export const trigger = (name: string, table: string, create: string): SchemaObject => ({
  name,
  table,
  create: [create],
  drop: [`DROP TRIGGER IF EXISTS ${name}`],
})
