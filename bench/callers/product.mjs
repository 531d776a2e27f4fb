import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openStore } from '@holdfast/store/sqlite'
import { inChild } from '../support/in-child.mjs'
import { percentile } from '../support/statistics.mjs'
import { CYCLE } from '../support/work.mjs'

/** Before anything is counted: the threads come up, and the statements are prepared. */
const WARM_UP_MS = 300

/** `callers` of one store, each doing one item after the other, until the time is over or nothing is pending. */
inChild(async ({ path, callers, seconds }) => {
  const store = await openStore({ path, readers: 0 })
  const state = { phase: 'warm up', latencies: [], operations: 0, isExhausted: false, endedAt: 0 }
  const timed = async (step) => {
    const start = performance.now()
    const value = await step()
    if (state.phase === 'counting') {
      state.latencies.push(performance.now() - start)
      state.operations += 1
    }
    return value
  }
  const caller = async () => {
    while (state.phase !== 'over') {
      const lease = await timed(() => CYCLE.claim(store))
      if (!lease) {
        state.isExhausted = true
        state.endedAt ||= performance.now()
        return
      }
      await timed(() => CYCLE.heartbeat(store, lease))
      await timed(() => CYCLE.checkpoint(store, lease))
      await timed(() => CYCLE.complete(store, lease))
    }
  }
  const running = Promise.all(Array.from({ length: callers }, caller))
  await pause(WARM_UP_MS)
  const loop = monitorEventLoopDelay({ resolution: 1 })
  loop.enable()
  state.phase = 'counting'
  const start = performance.now()
  await Promise.race([pause(seconds * 1_000), running])
  state.phase = 'over'
  const end = state.endedAt || performance.now()
  loop.disable()
  await running
  const { meanGroupSize } = store.metrics()
  const about = store.info()
  await store.close()
  return {
    perSecond: state.operations / ((end - start) / 1_000),
    p50Ms: percentile(state.latencies, 0.5),
    p99Ms: percentile(state.latencies, 0.99),
    loopGapP99Ms: loop.percentile(99) / 1e6,
    meanGroupSize,
    isExhausted: state.isExhausted,
    about,
  }
})

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
