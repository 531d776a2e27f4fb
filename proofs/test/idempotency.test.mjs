import { row } from '../rows/idempotency.mjs'
import { proveQuickly } from './prove-quickly.mjs'

proveQuickly(row, { timeoutMs: 120_000, mistakes: ['a key that is written after its effect'] })
