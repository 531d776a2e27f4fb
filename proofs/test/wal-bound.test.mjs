import { row } from '../rows/wal-bound.mjs'
import { proveQuickly } from './prove-quickly.mjs'

proveQuickly(row, { timeoutMs: 90_000 })
