import { row } from '../rows/damaged-files.mjs'
import { proveQuickly } from './prove-quickly.mjs'

proveQuickly(row, { timeoutMs: 120_000 })
