import { spawnSync } from 'node:child_process'
import { ROOT } from '../workspace/root.mjs'

/** What this takes on the quiet two-core machine that the time budget was made for. */
const REFERENCE_MS = 250
const PROGRAM = `await import('@holdfast/store/sqlite')`
const ROUNDS = 5
/** A machine slower than this is not judged any more leniently. */
const SLOWEST = 6

/**
 * How much slower than the reference this Node starts a program here and now: 1 or more. Most tests that take long start
 * processes and threads, so their time goes with it, on a slow machine, a busy one, and under another Node.
 */
export function machinePace(node = process.execPath) {
  const times = Array.from({ length: ROUNDS }, () => {
    const startedAt = performance.now()
    const { status } = spawnSync(node, ['--input-type=module', '-e', PROGRAM], { cwd: ROOT, stdio: 'ignore' })
    if (status !== 0) throw new Error(`${node} could not load the built store: exit code ${status}`)
    return performance.now() - startedAt
  })
  const median = times.sort((a, b) => a - b)[ROUNDS >> 1]
  return Math.min(SLOWEST, Math.max(1, median / REFERENCE_MS))
}
