import { setTimeout as sleep } from 'node:timers/promises'
import { nowMs } from './clock.mjs'

const LOOK_MS = 20
const LAST_LOOK_MS = 4

/**
 * Has workers work off `jobs` jobs that wait, until the store shows them all as completed or `capMs` has passed.
 *
 * The store is left alone until the handlers have run: only then is it asked what remains.
 *
 * @returns Jobs completed and the seconds since the first handler began; and how many handlers ran beyond the jobs.
 */
export const drain = async ({ producer, workers, jobs, concurrency, capMs }) => {
  const giveUpAtMs = performance.now() + capMs
  const inTime = () => performance.now() < giveUpAtMs
  await Promise.all(workers.map((worker) => worker.ask('work', { concurrency })))

  let progress = await progressOf(workers)
  while (progress.began < jobs && inTime()) {
    await sleep(LOOK_MS)
    progress = await progressOf(workers)
  }
  let remaining = await producer.ask('remaining')
  while (remaining > 0 && inTime()) {
    await sleep(LAST_LOOK_MS)
    remaining = await producer.ask('remaining')
  }
  const endMs = nowMs()
  progress = await progressOf(workers)
  await Promise.all(workers.map((worker) => worker.ask('stop')))

  const completed = jobs - remaining
  return {
    completed,
    seconds: (endMs - progress.firstMs) / 1_000,
    ranAgain: remaining === 0 ? progress.began - jobs : 0,
  }
}

/** What several workers have begun, as one. */
export const progressOf = async (workers) => {
  const each = await Promise.all(workers.map((worker) => worker.ask('progress')))
  const began = each.filter((one) => one.began > 0)
  return {
    began: began.reduce((sum, one) => sum + one.began, 0),
    firstMs: Math.min(...began.map((one) => one.firstMs)),
    lastMs: Math.max(...began.map((one) => one.lastMs)),
  }
}
