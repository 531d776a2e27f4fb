import { onEmptyQueue } from '../support/measurement.mjs'

const WARM_MS = 300

/** Jobs acknowledged per second, from 32 callers of one process that each wait for their answer. */
export const enqueueOne = {
  name: 'enqueue-one',
  title: 'Enqueue one by one, 32 callers in one process',
  unit: 'jobs/s',
  measure: (subject, { seconds }) => enqueued(subject, 'enqueueOneByOne', { callers: 32, ms: seconds * 1_000 }),
}

/** Jobs acknowledged per second, a thousand in a call, from one caller. */
export const enqueueBulk = {
  name: 'enqueue-bulk',
  title: 'Enqueue in bulk, 1,000 jobs a call, one caller',
  unit: 'jobs/s',
  whyNot: ({ hasBulk }) => (hasBulk ? undefined : 'has no bulk call'),
  measure: (subject, { seconds }) => enqueued(subject, 'enqueueInBulk', { ms: seconds * 1_000 }),
}

const enqueued = (subject, action, args) =>
  onEmptyQueue(subject, async ({ start }) => {
    const producer = await start()
    const { count, seconds } = await producer.ask(action, { ...args, warmMs: WARM_MS })
    return { value: count / seconds }
  })
