/** What follows the closing bracket of a CREATE TABLE: drizzle has no word for it, so the migrations add it. */
export type TableOptions = 'STRICT' | 'STRICT, WITHOUT ROWID'

/**
 * Every table is STRICT: otherwise a text in an integer column would be stored as it came. Those that are keyed by
 * what they are looked up by, and hold little else, are their own index.
 */
export const sqliteTableOptions = {
  tasks: 'STRICT',
  work_items: 'STRICT',
  work_item_streams: 'STRICT',
  checkpoints: 'STRICT',
  checkpoint_verifications: 'STRICT',
  idempotency_keys: 'STRICT',
  events: 'STRICT, WITHOUT ROWID',
  processes: 'STRICT',
  retention_permits: 'STRICT, WITHOUT ROWID',
  schema_migrations: 'STRICT, WITHOUT ROWID',
  schema_versions: 'STRICT, WITHOUT ROWID',
  store_properties: 'STRICT, WITHOUT ROWID',
  documents: 'STRICT',
  sections: 'STRICT',
} as const satisfies Record<string, TableOptions>
