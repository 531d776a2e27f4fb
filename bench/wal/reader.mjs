import { openStore } from '@holdfast/store/sqlite'
import { inChild } from '../support/in-child.mjs'

const PAGE = 500

/** Reads pages of tasks without a pause, on both of its store's reader threads, so that one is nearly always reading. */
inChild(async ({ path }, { tell, heard }) => {
  const store = await openStore({ path })
  let isOver = false
  let pages = 0
  const reading = async () => {
    while (!isOver) {
      await store.tasks.list({ limit: PAGE })
      pages += 1
    }
  }
  tell('ready')
  await heard('go')
  const readers = [reading(), reading()]
  await heard('stop')
  isOver = true
  await Promise.all(readers)
  await store.close()
  return { pages }
})
