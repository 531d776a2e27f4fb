import { openStore } from '@holdfast/store/sqlite'
import { countCallers } from '../support/counted-callers.mjs'
import { inChild } from '../support/in-child.mjs'
import { percentile } from '../support/statistics.mjs'
import { CYCLE, newItem } from '../support/work.mjs'

/** Callers that append to an item of their own, one checkpoint after the other; then one that reads the latest. */
inChild(async ({ path, callers, seconds, reads }) => {
  const store = await openStore({ path, readers: 0 })
  const leases = await Promise.all(
    Array.from({ length: callers }, async () => {
      await store.tasks.submit(newItem())
      return CYCLE.claim(store)
    }),
  )
  const appended = await countCallers({ callers, seconds }, async (timed, caller) => {
    await timed(() => CYCLE.checkpoint(store, leases[caller]))
  })
  const times = []
  for (let i = 0; i < reads; i += 1) {
    const start = process.hrtime.bigint()
    const latest = await store.checkpoints.latest(leases[i % callers].workItemId)
    times.push(Number(process.hrtime.bigint() - start) / 1_000)
    if (!latest) throw new Error('a checkpoint that was appended is not there')
  }
  const about = store.info()
  await store.close()
  return { ...appended, latestP50Us: percentile(times, 0.5), latestP99Us: percentile(times, 0.99), about }
})
