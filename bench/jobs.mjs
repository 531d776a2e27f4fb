// How many jobs that do nothing a worker takes from pending to completed, counted in the database.
//   npm run bench -- jobs [--seconds 10] [--runs 3] [--concurrency 32] [--processes 1,4]
//     [--levels process,power,power+1ms] [--jobs how many are waiting at the start]
import { join } from 'node:path'
import { copyBacklog, makeBacklog } from './support/backlog.mjs'
import { startChild } from './support/children.mjs'
import { LEVELS, storageOf } from './support/levels.mjs'
import { median } from './support/machine.mjs'
import { listOf, runRow } from './support/row.mjs'

/** Enough for the fastest; a run ends when its time is over, or when all of them are done. */
const JOBS_PER_SECOND = { process: 50_000, power: 40_000, 'power+1ms': 25_000 }

await runRow({
  name: 'jobs',
  title: 'No-op jobs through createWorker, counted when the store shows them completed',
  seconds: 10,
  options: {
    concurrency: { type: 'string' },
    processes: { type: 'string' },
    levels: { type: 'string' },
    jobs: { type: 'string' },
  },
  quick: { seconds: 3, levels: 'process', processes: '1,2', jobs: 500 },
  measure: async (report, options) => {
    for (const name of listOf(options.levels ?? 'process,power,power+1ms')) {
      const level = LEVELS[name]
      await report.atLevel('jobs', level, (folder) =>
        measure(report, { jobs: Math.ceil(options.seconds * JOBS_PER_SECOND[name]), ...options, folder, level }),
      )
    }
  },
})

async function measure(report, { folder, level, jobs, seconds, runs, concurrency = 32, processes = '1,4' }) {
  const env = level.env()
  const backlog = join(folder, 'backlog.db')
  const about = await makeBacklog(backlog, { items: jobs, durability: level.durability })
  report.about(about)
  const path = join(folder, 'run.db')
  const counts = listOf(processes).map(Number)
  const rates = new Map(counts.map((count) => [count, []]))
  for (let run = 0; run < runs; run += 1) {
    for (const count of counts) {
      copyBacklog(backlog, path)
      rates.get(count).push(await runWorkers({ path, count, concurrency, seconds, env }))
    }
  }
  const [alone] = counts
  for (const count of counts) {
    const of = (figure) => median(rates.get(count).map(figure))
    report.add({
      what: `${count} worker ${count === 1 ? 'process' : 'processes'}, concurrency ${concurrency}`,
      level: level.name,
      storage: storageOf(level),
      value: of(({ perSecond }) => perSecond),
      unit: 'jobs/s',
      runs: rates.get(count).map(({ perSecond }) => perSecond),
      detail: {
        ...(count !== alone && {
          [`× ${alone} process`]: median(
            rates.get(count).map((run, i) => run.perSecond / rates.get(alone)[i].perSecond),
          ),
        }),
        'least/most': of(({ fairness }) => fairness),
        'operations a group': of(({ meanGroupSize }) => meanGroupSize),
        errors: rates.get(count).reduce((sum, { errors }) => sum + errors, 0),
      },
    })
  }
}

async function runWorkers({ path, count, concurrency, seconds, env }) {
  const workers = Array.from({ length: count }, () => startChild('jobs/worker.mjs', { path, concurrency }, { env }))
  const observer = startChild('jobs/observer.mjs', { path, seconds })
  await Promise.all([observer, ...workers].map((child) => child.said('ready')))
  for (const child of [observer, ...workers]) child.say('go')
  const seen = await observer.result
  for (const worker of workers) worker.say('stop')
  const results = await Promise.all(workers.map(({ result }) => result))
  const shares = results.map(({ completed }) => completed)
  return {
    ...seen,
    fairness: Math.min(...shares) / Math.max(...shares),
    meanGroupSize: median(results.map(({ meanGroupSize }) => meanGroupSize)),
    errors: results.reduce((sum, { errors }) => sum + errors, 0),
  }
}
