import { openStore } from '@holdfast/store/sqlite'
import { countCallers } from '../support/counted-callers.mjs'
import { inChild } from '../support/in-child.mjs'
import { CYCLE, newItem } from '../support/work.mjs'

/** Writes without a pause: every caller submits an item, claims one, appends 1 KB to it and completes it. */
inChild(async ({ path, callers, seconds }, { tell, heard }) => {
  const warnings = []
  const store = await openStore({ path, readers: 0, onWarning: ({ code }) => warnings.push(code) })
  tell('ready')
  await heard('go')
  const counted = await countCallers({ callers, seconds }, async (timed) => {
    await timed(() => store.tasks.submit(newItem()))
    const lease = await timed(() => CYCLE.claim(store))
    if (!lease) return
    await timed(() => CYCLE.checkpoint(store, lease))
    await timed(() => CYCLE.complete(store, lease))
  })
  const about = store.info()
  await store.close()
  return { ...counted, warnings, about }
})
