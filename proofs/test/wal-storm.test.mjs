import { row } from '../rows/wal-storm.mjs'
import { proveQuickly } from './prove-quickly.mjs'

// Compiling SQLite, once, is most of it.
proveQuickly(row, { timeoutMs: 120_000 })
