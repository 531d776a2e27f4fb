import type { Fresh } from '../support/db.js'
import { checkpointAttacks } from './checkpoints.js'
import { eventAttacks } from './events.js'
import { idempotencyKeyAttacks } from './idempotency-keys.js'
import { retentionAttacks } from './retention.js'
import { taskAttacks } from './tasks.js'
import { workItemAttacks } from './work-items.js'

/** Everything that a plain-SQL writer must not get past, on whatever database `fresh` opens. */
export const attacks = (fresh: Fresh): void => {
  taskAttacks(fresh)
  workItemAttacks(fresh)
  checkpointAttacks(fresh)
  eventAttacks(fresh)
  idempotencyKeyAttacks(fresh)
  retentionAttacks(fresh)
}
