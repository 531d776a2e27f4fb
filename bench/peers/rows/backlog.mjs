import { setTimeout as sleep } from 'node:timers/promises'
import { drain, progressOf } from '../support/drain.mjs'
import { onEmptyQueue } from '../support/measurement.mjs'

const CONCURRENCY = 32
const WARM_JOBS = 300
const WINDOW_MS = 1_500
const FIRST_START_MS = 30_000

/** Jobs that one process begins per second while `depth` wait. */
const backlogRow = (depth, { fullOnly = false } = {}) => ({
  name: `backlog-${depth}`,
  title: `No-op jobs begun per second with ${depth.toLocaleString('en')} waiting, one process, concurrency 32`,
  unit: 'jobs/s',
  oncePerLevel: true,
  rounds: 1,
  fullOnly,
  measure: (subject) =>
    onEmptyQueue({ ...subject, capMs: 300_000 + 2 * depth }, async ({ start }) => {
      const producer = await start()
      const worker = await start()
      const warm = Math.min(WARM_JOBS, subject.variant.jobsPerSecond)
      await producer.ask('fill', { count: warm })
      await drain({ producer, workers: [worker], jobs: warm, concurrency: CONCURRENCY, capMs: 60_000 })

      await producer.ask('fill', { count: depth })
      await worker.ask('work', { concurrency: CONCURRENCY })
      const { began, firstMs, lastMs } = await begunInWindow(worker, depth)
      return { value: (began - 1) / ((lastMs - firstMs) / 1_000) }
    }),
})

/** What was begun in the window that opens with the first handler, or until all jobs have begun. */
const begunInWindow = async (worker, depth) => {
  const giveUpAt = performance.now() + FIRST_START_MS
  let progress = await progressOf([worker])
  while (progress.began < 1 && performance.now() < giveUpAt) {
    await sleep(2)
    progress = await progressOf([worker])
  }
  const closesAt = performance.now() + WINDOW_MS
  while (performance.now() < closesAt && progress.began < depth) {
    await sleep(5)
    progress = await progressOf([worker])
  }
  if (progress.began < 2) throw new Error(`fewer than two jobs began within ${WINDOW_MS} ms`)
  return progress
}

export const backlogs = [backlogRow(1_000), backlogRow(100_000), backlogRow(1_000_000, { fullOnly: true })]
