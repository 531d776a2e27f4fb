import { join } from 'node:path'
import { pagesInUse } from './sqlite-size.mjs'

const QUEUE = 'noop'
/** No worker claims the root of the fan-out: it stays with the process that fills the queue. */
const FILL = 'fill'
const FILL_LEASE_MS = 3_600_000

/** Holdfast as a user has it: the packages as built, defaults throughout, the level apart. */
export const holdfast = {
  name: 'holdfast',
  packages: ['@holdfast/store', '@holdfast/engine'],
  storage: 'file',
  hasBulk: true,
  unlike: [
    'Keeps finished items, with a journal row for every change of state, fencing tokens and the triggers that hold them.',
    'One by one: each is a task of its own. In bulk: items of one task, 1,000 in a transaction.',
  ],
  variants: [
    {
      name: 'power',
      level: 'power',
      durability: 'WAL, synchronous=FULL',
      settings: 'defaults',
      asShipped: true,
      jobsPerSecond: 8_000,
    },
    {
      name: 'process',
      level: 'process',
      durability: 'WAL, synchronous=NORMAL',
      settings: 'durability: process',
      asShipped: false,
      jobsPerSecond: 8_000,
    },
  ],

  async create(place, { level }) {
    const target = { path: join(await place.folder(), 'holdfast.db'), level }
    const store = await opened(target)
    await store.close()
    return target
  },

  async open(target) {
    const { createWorker, defineTask, submitTask } = await import('../../../packages/engine/dist/index.js')
    const store = await opened(target)
    const noop = defineTask(QUEUE, {}, (_ctx, payload) => handle(payload))
    let handle
    let fill
    return {
      enqueueOne: (payload) => submitTask(store, noop, payload),
      async enqueueMany(payloads) {
        fill ??= await rootOf(store)
        const items = payloads.map((input) => ({ type: QUEUE, input }))
        return store.workItems.spawn(fill, items)
      },
      async work(concurrency, handler) {
        handle = handler
        const worker = createWorker({ store, tasks: [noop], concurrency })
        await worker.start()
        return () => worker.stop()
      },
      async remaining() {
        if (!fill) return 0
        const { scheduled, pending, running, waiting } = await store.workItems.count(fill.workItemId)
        return scheduled + pending + running + waiting - 1 // the root itself
      },
      describe() {
        const { driver, engineVersion, settings } = store.info()
        return `${driver}, SQLite ${engineVersion}, synchronous=${settings.synchronous}`
      },
      close: () => store.close(),
    }
  },

  async sizeBytes({ path }) {
    const { openDatabase } = await import('../../../packages/store/dist/sqlite/index.js')
    const connection = openDatabase({ path, role: 'reader' })
    try {
      return pagesInUse(connection)
    } finally {
      connection.close()
    }
  },
}

const opened = async ({ path, level }) => {
  const { openStore } = await import('../../../packages/store/dist/sqlite/index.js')
  return openStore({ path, durability: level })
}

/** The lease of a task under which items can be added in bulk. */
const rootOf = async (store) => {
  const { taskId } = await store.tasks.submit({ type: FILL, input: null })
  const [lease] = await store.leases.claim({ taskId, owner: FILL, leaseMs: FILL_LEASE_MS })
  return lease
}
