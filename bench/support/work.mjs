import { randomBytes } from 'node:crypto'

/** What the rows do with work items, through the public packages alone. */

export const QUEUE = 'bench'

export const newItem = () => ({ type: QUEUE, input: { n: 1 } })

/** One kilobyte of progress, as JSON. */
const SNAPSHOT = { step: 7, text: randomBytes(495).toString('hex') }

/** What a caller does with one item, an acknowledged write each. The first gives the lease that the others need. */
export const CYCLE = {
  claim: async (store) => {
    const [lease] = await store.leases.claim({ owner: 'bench', queue: QUEUE })
    return lease
  },
  heartbeat: (store, lease) => store.leases.heartbeat(lease),
  checkpoint: (store, lease) => store.checkpoints.append(lease, { type: 'iteration_end', snapshot: SNAPSHOT }),
  complete: (store, lease) => store.leases.complete(lease, { ok: true }),
}
