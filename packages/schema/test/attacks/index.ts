import type { Fresh } from '../support/db.js'
import { checkpointAttacks } from './checkpoints.js'
import { eventAttacks } from './events.js'
import { idempotencyKeyAttacks } from './idempotency-keys.js'
import { migrationPromises } from './migration.js'
import { retentionAttacks } from './retention.js'
import { sectionAttacks } from './sections.js'
import { taskAttacks } from './tasks.js'
import { workItemAttacks } from './work-items.js'

/** What a migrated database does, and everything that a plain-SQL writer must not get past, on whatever `fresh` opens. */
export const attacks = (fresh: Fresh): void => {
  migrationPromises(fresh)
  taskAttacks(fresh)
  workItemAttacks(fresh)
  checkpointAttacks(fresh)
  eventAttacks(fresh)
  idempotencyKeyAttacks(fresh)
  retentionAttacks(fresh)
  sectionAttacks(fresh)
}
