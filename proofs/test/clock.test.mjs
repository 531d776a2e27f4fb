import { row } from '../rows/clock.mjs'
import { proveQuickly } from './prove-quickly.mjs'

proveQuickly(row, {
  timeoutMs: 120_000,
  mistakes: [
    'a sweeper that believes the wall clock alone',
    'a sweeper that believes the wall clock at first sight',
    'keys that the wall clock alone judges',
  ],
})
