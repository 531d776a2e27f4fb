import { row } from '../rows/damaged-files.mjs'
import { proveQuickly } from './prove-quickly.mjs'

proveQuickly(row, {
  timeoutMs: 120_000,
  mistakes: ['a file whose head is bad is made anew', 'a WAL is taken for a leftover'],
})
