import { openStore } from '@holdfast/store/sqlite'
import { inChild } from '../support/in-child.mjs'
import { CYCLE, newItem, QUEUE } from '../support/work.mjs'

/** One task that fans out to this many waiting items. */
inChild(async ({ path, items }) => {
  const store = await openStore({ path, readers: 0 })
  await store.tasks.submit(newItem())
  const lease = await CYCLE.claim(store)
  const start = performance.now()
  const { created } = await store.workItems.spawn(
    lease,
    Array.from({ length: items }, (_, n) => ({ type: QUEUE, input: { n } })),
  )
  const seconds = (performance.now() - start) / 1_000
  const about = store.info()
  await store.close()
  return { created, perSecond: created / seconds, about }
})
