import { row } from '../rows/http-abuse.mjs'
import { proveQuickly } from './prove-quickly.mjs'

proveQuickly(row, {
  timeoutMs: 120_000,
  mistakes: ['a task that is looked up without its tenant', 'long bodies that are kept, however many there are'],
})
