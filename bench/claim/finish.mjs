import { openStore } from '@holdfast/store/sqlite'
import { inChild } from '../support/in-child.mjs'
import { QUEUE } from '../support/work.mjs'

const AT_ONCE = 1_000

/** Takes this many items to their end, as fast as batches go. */
inChild(async ({ path, items }) => {
  const store = await openStore({ path, readers: 0 })
  for (let done = 0; done < items; ) {
    const leases = await store.leases.claim({ owner: 'bench', queue: QUEUE, limit: Math.min(AT_ONCE, items - done) })
    if (leases.length === 0) throw new Error(`only ${done} of ${items} could be claimed`)
    await store.leases.completeAll(leases.map((lease) => ({ lease, result: null })))
    done += leases.length
  }
  await store.close()
})
