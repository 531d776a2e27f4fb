import type { Finding } from './finding.js'
import { countOf, type Look } from './look.js'

/** Hosts that keep time at all are closer than this. */
const TOLERANCE_MS = 60_000
/** Wall and monotonic time part by no more than this while a doctor looks; NTP slews by half a millisecond a second. */
const JUMP_MS = 1_000

/** The newest time that each kind of row carries. Each is the end of an index, or of a bounded range by age. */
const NEWEST: readonly (readonly [what: string, sql: string])[] = [
  ['processes', `SELECT max(heartbeat_at_ms) AS count FROM processes WHERE state = 'alive'`],
  ['tasks', 'SELECT max(created_at_ms) AS count FROM (SELECT created_at_ms FROM tasks ORDER BY seq DESC LIMIT 1000)'],
  [
    'work items',
    'SELECT max(updated_at_ms) AS count FROM (SELECT updated_at_ms FROM work_items ORDER BY seq DESC LIMIT 1000)',
  ],
  [
    'checkpoints',
    'SELECT max(created_at_ms) AS count FROM (SELECT created_at_ms FROM checkpoints ORDER BY seq DESC LIMIT 1000)',
  ],
  ['migrations', 'SELECT max(applied_at_ms) AS count FROM schema_migrations'],
]

/** Rows from a time that hasn't come: the clock was set back, or two hosts disagree. */
export function* rowsFromTheFuture({ connection, nowMs }: Look): Iterable<Finding> {
  const ahead = NEWEST.map(([what, sql]) => ({ what, aheadMs: countOf(connection, sql) - nowMs })).filter(
    ({ aheadMs }) => aheadMs > TOLERANCE_MS,
  )
  if (ahead.length === 0) return
  const told = ahead.map(({ what, aheadMs }) => `${what} by ${Math.round(aheadMs / 1_000)} s`).join(', ')
  yield {
    code: 'clock.ahead',
    severity: 'notice',
    message: `rows carry times that have not come: ${told}`,
    fix: 'the clock was set back, or two hosts disagree: check time synchronisation (timedatectl) on each',
  }
}

/** One moment by both clocks. */
export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
}

/** Whether wall time kept step with monotonic time between two moments. */
export function* jumps(from: Moment, to: Moment): Iterable<Finding> {
  const drift = to.wallMs - from.wallMs - (to.monotonicMs - from.monotonicMs)
  if (Math.abs(drift) < JUMP_MS) return
  yield {
    code: 'clock.jumping',
    severity: 'notice',
    message: `the wall clock moved by ${Math.round(drift)} ms against the monotonic one while this was looked at`,
    fix: 'something sets the clock in steps: let one time service slew it (timedatectl timesync-status)',
  }
}
