import { setTimeout as sleep } from 'node:timers/promises'
import { onEmptyQueue } from '../support/measurement.mjs'
import { median } from '../support/median.mjs'

const CONCURRENCY = 32
const SETTLE_MS = 1_000
const MOST_REFUSED = 10
/** Between two jobs, in milliseconds: at random, so that no poll is met in step. */
const GAP_MS = [50, 350]

const idleRow = (name, title, unit, rest, look) => ({
  name,
  title,
  unit,
  lowerIsBetter: true,
  oncePerLevel: true,
  rounds: 1,
  ...rest,
  measure: (subject, options) =>
    onEmptyQueue({ ...subject, capMs: options.idleSeconds * 1_000 + 180_000 }, async ({ start }) => {
      const producer = await start()
      const worker = await start()
      await worker.ask('work', { concurrency: CONCURRENCY })
      await sleep(SETTLE_MS)
      return look({ producer, worker }, options)
    }),
})

/** From the call that enqueues in one process to the start of the handler in another that had nothing to do. */
export const idle = idleRow(
  'idle',
  'Idle: from enqueue to handler start in another process, p50',
  'ms',
  {},
  async ({ producer, worker }, { idleSeconds }) => {
    const waits = []
    let refused = 0
    const end = performance.now() + idleSeconds * 1_000
    for (let n = 1; performance.now() < end || waits.length < 3; n++) {
      await sleep(GAP_MS[0] + Math.random() * (GAP_MS[1] - GAP_MS[0]))
      const begins = worker.ask('startOf', { n })
      begins.catch(() => {}) // heard of by the enqueue, or by nobody where that was refused
      try {
        const { atMs } = await producer.ask('enqueue', { n })
        waits.push((await begins) - atMs)
      } catch (error) {
        refused += 1
        if (refused === MOST_REFUSED) throw error
      }
    }
    return {
      value: median(waits),
      note: `${waits.length} jobs${refused ? `, ${refused} more refused at enqueue` : ''}`,
    }
  },
)

/** What a worker process uses of one core while nothing waits. Servers that it asks are not counted. */
export const idleCpu = idleRow(
  'idle-cpu',
  'Idle: CPU of the worker process, servers not counted',
  '% of a core',
  { asShippedOnly: true },
  async ({ worker }, { idleSeconds }) => {
    const before = await worker.ask('cpu')
    await sleep(idleSeconds * 1_000)
    const after = await worker.ask('cpu')
    return { value: (100 * (after.busyMs - before.busyMs)) / (after.atMs - before.atMs) }
  },
)
