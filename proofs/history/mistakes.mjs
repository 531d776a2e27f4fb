import { leaseProvedBy, withoutTriggers } from '../support/lease-mistakes.mjs'
import { mutated } from '../support/mutate.mjs'

const STORE = 'packages/store/dist/sqlite'

/** Whoever comes first ends the running attempt, his own or not. */
export const withoutToken = () =>
  mutated(
    withoutTriggers('work_items_guard_update'),
    ...leaseProvedBy(`and state = 'running'`, `and work_items.state = 'running'`),
  )

/** The last lease may end its item as often as it likes. */
export const withoutState = () =>
  mutated(
    withoutTriggers('work_items_guard_update'),
    ...leaseProvedBy(`and fencing_token = \${p('fencingToken')}`, `and work_items.fencing_token = done.token`),
  )

/** The statements are right, and nothing stands between the file and another program's SQL. */
export const withoutTrigger = () =>
  mutated(withoutTriggers('work_items_guard_update', 'idempotency_keys_guard_update', 'checkpoints_guard_update'))

/** A checkpoint is appended to whatever attempt runs now. */
export const checkpointWithoutToken = () =>
  mutated(withoutTriggers('checkpoints_guard_insert'), {
    file: `${STORE}/checkpoints.js`,
    replace: `    and item.state = 'running' and item.fencing_token = \${p('fencingToken')}\`;\n// A look and a write`,
    by: `    and item.state = 'running'\`;\n// A look and a write`,
  })

/** Whoever once held a key may answer it. */
export const keyWithoutToken = () =>
  mutated(withoutTriggers('idempotency_keys_guard_update'), {
    file: `${STORE}/idempotency.js`,
    replace: `where tenant = \${p('tenant')} and key = \${p('key')} and state = 'pending' and fencing_token = \${p('fencingToken')}\`;\nconst complete`,
    by: `where tenant = \${p('tenant')} and key = \${p('key')}\`;\nconst complete`,
  })
