import { drain } from '../support/drain.mjs'
import { onEmptyQueue } from '../support/measurement.mjs'

const CONCURRENCY = 32
const WARM_JOBS = 500
/** The least and the most that a run fills in, whatever the peer's pace. */
const JOBS = [100, 1_500_000]
const WARM_CAP_MS = 60_000

/** No-op jobs per second, from the first handler that begins to the moment at which the store shows all completed. */
const jobsRow = (name, title, processes) => ({
  name,
  title,
  unit: 'jobs/s',
  measure: (subject, { seconds }) =>
    onEmptyQueue({ ...subject, capMs: seconds * 10_000 + 300_000 }, async ({ start }) => {
      const { jobsPerSecond } = subject.variant
      const producer = await start()
      const workers = await Promise.all(Array.from({ length: processes }, start))
      const together = { producer, workers, concurrency: CONCURRENCY }

      // Code is compiled and caches are filled by then; peers that poll slowly get fewer, or they would take minutes.
      const warm = Math.min(WARM_JOBS, jobsPerSecond)
      await producer.ask('fill', { count: warm })
      await drain({ ...together, jobs: warm, capMs: WARM_CAP_MS })

      const jobs = Math.min(Math.max(Math.round(jobsPerSecond * seconds), JOBS[0]), JOBS[1])
      await producer.ask('fill', { count: jobs })
      const {
        completed,
        seconds: took,
        ranAgain,
      } = await drain({
        ...together,
        jobs,
        capMs: (seconds * 4 + 10) * 1_000,
      })
      return { value: completed / took, note: noteOf(jobs, completed, ranAgain) }
    }),
})

const noteOf = (jobs, completed, ranAgain) => {
  if (completed < jobs) return `${jobs - completed} of ${jobs} not completed in time`
  return ranAgain > 0 ? `${ranAgain} of ${jobs} ran again` : undefined
}

export const jobs = jobsRow('jobs', 'No-op jobs worked by one process, concurrency 32', 1)
export const jobsFour = jobsRow('jobs-four', 'No-op jobs worked by four processes, concurrency 32 each', 4)
