// Work
export { tasks } from './tasks.js'
export { workItems, workItemStreams } from './work-items.js'
export { checkpoints, checkpointVerifications } from './checkpoints.js'
export { idempotencyKeys } from './idempotency-keys.js'
export { events } from './events.js'

// The store itself
export { processes } from './processes.js'
export { retentionPermits } from './retention-permits.js'
export { schemaMigrations, schemaVersions, storeProperties } from './schema-versions.js'

// Memory
export { documents, sections } from './sections.js'

// What drizzle has no word for
export { postgresObjects, postgresTriggers } from './triggers/index.js'
export type { SchemaObject } from '../triggers/schema-object.js'
