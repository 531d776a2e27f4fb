import { row as atPower } from '../rows/power-loss.mjs'
import { row as atProcess } from '../rows/power-loss-process.mjs'
import { row as teeth } from '../rows/power-loss-teeth.mjs'
import { proveQuickly } from './prove-quickly.mjs'

const TIMEOUT_MS = 180_000

proveQuickly(atPower, { timeoutMs: TIMEOUT_MS, mistakes: ['answering before the commit'] })
proveQuickly(atProcess, { timeoutMs: TIMEOUT_MS })

// Each takes a run of its own: `npm run proofs -- power-loss-teeth` shows all of them. Here, the one in the opening.
const ONE_TOOTH = 'starting without the WAL that a crash has left'
proveQuickly(teeth, { timeoutMs: TIMEOUT_MS, mistakes: [ONE_TOOTH] })
