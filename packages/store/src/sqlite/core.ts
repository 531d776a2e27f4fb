import { checkpointBindings } from './checkpoints.js'
import { eventBindings } from './events.js'
import { idempotencyBindings } from './idempotency.js'
import { leaseBindings } from './leases.js'
import type { SqliteModule } from './module.js'
import { processBindings } from './processes.js'
import { quickCheckBindings } from './quick-check/bindings.js'
import { retentionBindings } from './retention.js'
import { sweepBindings } from './sweep.js'
import { taskBindings } from './tasks.js'
import { workItemBindings } from './work-items.js'

/** The store's own operations on SQLite. The threads import this file again and look for `sqlite`. */
export const sqlite: SqliteModule = {
  name: 'core',
  url: import.meta.url,
  bindings: [
    ...taskBindings,
    ...workItemBindings,
    ...leaseBindings,
    ...checkpointBindings,
    ...idempotencyBindings,
    ...eventBindings,
    ...processBindings,
    ...sweepBindings,
    ...retentionBindings,
    ...quickCheckBindings,
  ],
}
