import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '@holdfast/store/sqlite'
import { inChild } from '../support/in-child.mjs'
import { QUEUE } from '../support/work.mjs'

/** Jobs are this far apart, so that the worker has gone back to sleep before each. */
const APART_MS = [5, 15]

/** Enqueues one job at a time, with the moment at which it was sent. */
inChild(async ({ path, jobs }) => {
  const store = await openStore({ path, readers: 0 })
  for (let i = 0; i < jobs; i += 1) {
    const sentAtMs = Number(process.hrtime.bigint()) / 1e6
    await store.tasks.submit({ type: QUEUE, input: { sentAtMs } })
    await sleep(APART_MS[0] + Math.random() * (APART_MS[1] - APART_MS[0]))
  }
  // The last one has its time as well.
  await sleep(1_000)
  await store.close()
})
