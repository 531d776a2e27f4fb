import { row } from '../rows/io-errors.mjs'
import { proveQuickly } from './prove-quickly.mjs'

proveQuickly(row, { timeoutMs: 90_000, mistakes: ['an error at COMMIT is taken for success'] })
