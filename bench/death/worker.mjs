import { createWorker, defineTask } from '@holdfast/engine'
import { openStore } from '@holdfast/store/sqlite'
import { inChild } from '../support/in-child.mjs'
import { QUEUE } from '../support/work.mjs'

const nowMs = () => Number(process.hrtime.bigint()) / 1e6

/** A worker with its defaults, but for the room it has. What it runs goes on until the parent says `finish`. */
inChild(async ({ path, items }, { tell, heard }) => {
  const store = await openStore({ path })
  let running = 0
  const endless = defineTask(QUEUE, {}, async () => {
    running += 1
    if (running === items) tell('all running', { atMs: nowMs() })
    await heard('finish')
    return null
  })
  const worker = createWorker({ store, tasks: [endless], concurrency: items })
  await worker.start()
  tell('ready')
  await heard('stop')
  await worker.stop()
  await store.close()
})
