import { row } from '../rows/kill-storm.mjs'
import { proveQuickly } from './prove-quickly.mjs'

proveQuickly(row, {
  timeoutMs: 120_000,
  mistakes: ['ending an item whatever became of it, without the guard of its table'],
})
