import { onEmptyQueue } from '../support/measurement.mjs'

const JOBS = 100_000

/** What 100,000 waiting jobs take, indexes included: on disk, or of Redis in memory. */
export const size = {
  name: 'size',
  title: '100,000 waiting jobs, indexes included',
  unit: 'MB',
  lowerIsBetter: true,
  oncePerLevel: true,
  rounds: 1,
  asShippedOnly: true,
  measure: (subject) =>
    onEmptyQueue(subject, async ({ start }) => {
      const producer = await start()
      const onlooker = await start()
      const before = await onlooker.ask('sizeBytes')
      await producer.ask('fill', { count: JOBS })
      const after = await onlooker.ask('sizeBytes')
      return { value: (after - before) / 1e6 }
    }),
}
