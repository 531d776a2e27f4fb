import { row } from '../rows/other-ways-in.mjs'
import { proveQuickly } from './prove-quickly.mjs'

proveQuickly(row, { timeoutMs: 120_000 })
