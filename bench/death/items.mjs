import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '@holdfast/store/sqlite'
import { inChild } from '../support/in-child.mjs'
import { newItem } from '../support/work.mjs'

/** Submits the items, and says at the end how often each of them was completed, by its journal. */
inChild(async ({ path, items }, { tell, heard }) => {
  const store = await openStore({ path, readers: 0 })
  const submitted = await Promise.all(Array.from({ length: items }, () => store.tasks.submit(newItem())))
  tell('submitted')
  await heard('count')
  const completions = []
  for (const { taskId } of submitted) {
    while ((await store.tasks.require(taskId)).state === 'active') await sleep(20)
    const { events } = await store.events.read(taskId)
    completions.push(events.filter(({ type }) => type === 'item.completed').length)
  }
  const about = store.info()
  await store.close()
  return { completions, about }
})
