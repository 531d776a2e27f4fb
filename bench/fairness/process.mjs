import { openStore } from '@holdfast/store/sqlite'
import { countCallers } from '../support/counted-callers.mjs'
import { inChild } from '../support/in-child.mjs'
import { newItem } from '../support/work.mjs'

/** One process of several on a file, with callers of its own, all of them writing without a pause. */
inChild(async ({ path, callers, seconds }, { tell, heard }) => {
  const store = await openStore({ path, readers: 0 })
  tell('ready')
  await heard('go')
  let failures = 0
  const counted = await countCallers({ callers, seconds, warmUpMs: 500 }, async (timed) => {
    try {
      await timed(() => store.tasks.submit(newItem()))
    } catch {
      failures += 1
    }
  })
  const about = store.info()
  await store.close()
  return { ...counted, failures, about }
})
