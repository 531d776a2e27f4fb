import { row } from '../rows/crash-in-maintenance.mjs'
import { proveQuickly } from './prove-quickly.mjs'

proveQuickly(row, {
  timeoutMs: 120_000,
  mistakes: ['a backup that is not synced', 'a permit that outlives its transaction'],
})
