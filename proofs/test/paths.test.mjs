import { row } from '../rows/paths.mjs'
import { proveQuickly } from './prove-quickly.mjs'

proveQuickly(row, { timeoutMs: 90_000, mistakes: ['a root that is compared as text'] })
