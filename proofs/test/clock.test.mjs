import { row } from '../rows/clock.mjs'
import { proveQuickly } from './prove-quickly.mjs'

proveQuickly(row, {
  timeoutMs: 120_000,
  mistakes: ['a sweeper that believes the wall clock alone', 'keys that the wall clock alone judges'],
})
