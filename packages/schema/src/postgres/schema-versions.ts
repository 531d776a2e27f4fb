import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { int8 } from './columns.js'

/** The version of each part of the file; a version newer than the code is refused at open. */
export const schemaVersions = pgTable('schema_versions', {
  scope: text('scope').primaryKey(),
  version: integer('version').notNull(),
  updatedAtMs: int8('updated_at_ms').notNull(),
})

/** Every migration that was applied, with the hash of the text that ran. */
export const schemaMigrations = pgTable(
  'schema_migrations',
  {
    scope: text('scope').notNull(),
    version: integer('version').notNull(),
    name: text('name').notNull(),
    hash: text('hash').notNull(),
    appliedAtMs: int8('applied_at_ms').notNull(),
  },
  (t) => [primaryKey({ name: 'schema_migrations_pk', columns: [t.scope, t.version] })],
)

/** Facts about the file itself: `store_id`, `durability`. */
export const storeProperties = pgTable('store_properties', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
})
