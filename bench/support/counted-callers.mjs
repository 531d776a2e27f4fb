import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { percentile } from './statistics.mjs'

/** Before anything is counted: the threads come up, and the statements are prepared. */
const WARM_UP_MS = 300

/**
 * Runs `callers` at once, each doing `cycle(timed)` again and again until the time is over or one has nothing left to
 * do, which it says by returning false.
 *
 * @param cycle It calls `timed(step)` for every operation; those between warm-up and end are counted.
 */
export const countCallers = async ({ callers, seconds, warmUpMs = WARM_UP_MS }, cycle) => {
  let phase = 'warm up'
  let exhaustedAt
  const latencies = []
  const timed = async (step) => {
    const start = performance.now()
    const value = await step()
    if (phase === 'counting') latencies.push(performance.now() - start)
    return value
  }
  const caller = async (_, index) => {
    while (phase !== 'over') {
      if ((await cycle(timed, index)) !== false) continue
      exhaustedAt ??= performance.now()
      return
    }
  }
  const running = Promise.all(Array.from({ length: callers }, caller))
  await sleep(warmUpMs)
  const loop = monitorEventLoopDelay({ resolution: 1 })
  loop.enable()
  phase = 'counting'
  const start = performance.now()
  await Promise.race([sleep(seconds * 1_000), running])
  phase = 'over'
  const end = exhaustedAt ?? performance.now()
  loop.disable()
  await running
  return {
    perSecond: latencies.length / ((end - start) / 1_000),
    operations: latencies.length,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    loopGapP99Ms: loop.percentile(99) / 1e6,
    isExhausted: exhaustedAt !== undefined,
  }
}
