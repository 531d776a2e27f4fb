// One process of a measurement, started by `start-process.mjs`: it has one connection and does what it is told.
import { parseArgs } from 'node:util'
import { peerNamed } from '../adapters/index.mjs'
import { nowMs } from './clock.mjs'
import { payload, payloads } from './payload.mjs'
import { newTally } from './tally.mjs'

const { values } = parseArgs({
  options: { peer: { type: 'string' }, variant: { type: 'string' }, target: { type: 'string' } },
})
const peer = peerNamed(values.peer)
const variant = peer.variants.find(({ name }) => name === values.variant)
const target = JSON.parse(values.target)

const CHUNK = 1_000

let opened
const connection = () => {
  opened ??= peer.open(target, variant)
  return opened
}
let stopWorker
let tally = newTally()

const ACTIONS = {
  async open() {
    await connection()
  },

  async describe() {
    return (await connection()).describe?.()
  },

  /** Adds `count` jobs, as fast as the peer can. */
  async fill({ count }) {
    const queue = await connection()
    for (let from = 0; from < count; from += CHUNK)
      await queue.enqueueMany(payloads(Math.min(CHUNK, count - from), from))
  },

  /** Enqueues one by one from `callers` at once for `ms`; the first `warmMs` don't count. */
  async enqueueOneByOne({ callers, ms, warmMs }) {
    const queue = await connection()
    return countedFor(callers, ms, warmMs, async () => {
      await queue.enqueueOne(payload(1))
      return 1
    })
  },

  /** The same in chunks of a thousand, by one caller. */
  async enqueueInBulk({ ms, warmMs }) {
    const queue = await connection()
    return countedFor(1, ms, warmMs, async () => {
      await queue.enqueueMany(payloads(CHUNK))
      return CHUNK
    })
  },

  /** One job; answers when it was handed over, by the shared clock. */
  async enqueue({ n }) {
    const queue = await connection()
    const atMs = nowMs()
    await queue.enqueueOne(payload(n))
    return { atMs }
  },

  /** Works until `stop`. `holds`: handlers never end. */
  async work({ concurrency, holds }) {
    const queue = await connection()
    tally = newTally()
    const current = tally
    const handler = holds
      ? ({ n }) => {
          current.began(n)
          return new Promise(() => {})
        }
      : async ({ n }) => current.began(n)
    stopWorker = await queue.work(concurrency, handler)
  },

  async stop() {
    await stopWorker?.()
  },

  progress: async () => tally.progress(),

  startOf: ({ n }) => tally.startOf(n),

  async remaining() {
    return (await connection()).remaining()
  },

  /** What this process has used of a core, all its threads together. */
  cpu: async () => {
    const { user, system } = process.cpuUsage()
    return { busyMs: (user + system) / 1_000, atMs: nowMs() }
  },

  sizeBytes: () => peer.sizeBytes(target),
}

/** Jobs per second of what `callers` do at once: each call of `once` answers how many it enqueued. */
const countedFor = async (callers, ms, warmMs, once) => {
  let count = 0
  const from = nowMs() + warmMs
  const end = from + ms
  let first
  let last = from
  const caller = async () => {
    while (last < end) {
      const added = await once()
      last = nowMs()
      if (last < from) continue
      first ??= last // the call that crosses the line only starts the clock
      if (first !== last) count += added
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return { count, seconds: (last - first) / 1_000 }
}

const answer = async ({ id, action, args }) => {
  try {
    process.send({ id, value: await ACTIONS[action](args ?? {}) })
  } catch (error) {
    process.send({ id, error: `${peer.name}: ${error.stack ?? error.message}` })
  }
}

process.on('message', (message) => void answer(message))
process.on('disconnect', () => process.exit(0))
