import { openStore } from '@holdfast/store/sqlite'
import { countCallers } from '../support/counted-callers.mjs'
import { inChild } from '../support/in-child.mjs'
import { CYCLE } from '../support/work.mjs'

/** `callers` of one store, each doing one item after the other. */
inChild(async ({ path, callers, seconds }) => {
  const store = await openStore({ path, readers: 0 })
  const counted = await countCallers({ callers, seconds }, async (timed) => {
    const lease = await timed(() => CYCLE.claim(store))
    if (!lease) return false
    await timed(() => CYCLE.heartbeat(store, lease))
    await timed(() => CYCLE.checkpoint(store, lease))
    await timed(() => CYCLE.complete(store, lease))
  })
  const { meanGroupSize } = store.metrics()
  const about = store.info()
  await store.close()
  return { ...counted, meanGroupSize, about }
})
