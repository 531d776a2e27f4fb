import { row } from '../rows/zombies.mjs'
import { proveQuickly } from './prove-quickly.mjs'

proveQuickly(row, { timeoutMs: 90_000, mistakes: ['testing the state without the token, and no guard of the table'] })
