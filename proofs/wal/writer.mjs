// A program that commits without a pause: `node writer.mjs <database> <options as JSON>`. Nearly all of it are heartbeats
// of items that it holds, each in a commit of its own, which make no file larger; some are new tasks.
import { openStore } from '@holdfast/store/sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

const [path, options] = process.argv.slice(2)
const { name, items = 64, callers = 8, submitEvery = 50 } = JSON.parse(options)

/** Longer than any run: nothing here is about leases that run out. */
const LEASE_MS = 86_400_000

// One operation a commit, or eight callers would share one.
const store = await openStore({ path, durability: 'process', readers: 0, limits: { groupOperations: 1 } })
await Promise.all(
  Array.from({ length: items }, () => store.tasks.submit({ type: 'held', queue: name, input: null, maxAttempts: 1 })),
)
const leases = await store.leases.claim({ owner: name, queue: name, limit: items, leaseMs: LEASE_MS })

/** What the file must hold: for each item the last expiry that was acknowledged, and every task. */
const expiries = new Map()
let submitted = items
let pauseMs = 0
let isOver = false

const commitAgainAndAgain = async (caller) => {
  const own = leases.filter((_, index) => index % callers === caller)
  for (let call = 1; !isOver; call += 1) {
    if (call % submitEvery === 0) {
      await store.tasks.submit({ type: 'kept', queue: 'kept', input: null })
      submitted += 1
    } else {
      const lease = own[call % own.length]
      expiries.set(lease.workItemId, await store.leases.heartbeat(lease, { leaseMs: LEASE_MS - (call % 1_000) }))
    }
    if (pauseMs > 0) await sleep(pauseMs)
  }
}

const answers = {
  commits: () => ({ commits: store.metrics().groups }),
  slow: () => {
    pauseMs = 40
    return {}
  },
  fast: () => {
    pauseMs = 0
    return {}
  },
  end: async () => {
    isOver = true
    await all
    const { groups } = store.metrics()
    await store.close()
    return { commits: groups, submitted, expiries: Object.fromEntries(expiries) }
  },
}
const answer = async ({ ask }) => {
  try {
    process.send(await answers[ask]())
  } catch (error) {
    process.send({ failed: error.code ?? String(error) })
  }
}
process.on('message', (question) => void answer(question))
process.once('disconnect', () => process.exit(0))

const all = Promise.all(Array.from({ length: callers }, (_, caller) => commitAgainAndAgain(caller)))
all.catch(() => {}) // the file was damaged on purpose: `end` tells it
process.send({ ready: true })
