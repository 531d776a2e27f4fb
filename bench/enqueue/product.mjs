import { openStore } from '@holdfast/store/sqlite'
import { countCallers } from '../support/counted-callers.mjs'
import { inChild } from '../support/in-child.mjs'
import { newItem } from '../support/work.mjs'

/** `callers` of one store on a new file, each submitting one task after the other. */
inChild(async ({ path, durability, callers, seconds }) => {
  const store = await openStore({ path, durability, readers: 0 })
  const counted = await countCallers({ callers, seconds }, async (timed) => {
    await timed(() => store.tasks.submit(newItem()))
  })
  const about = store.info()
  await store.close()
  return { ...counted, about }
})
