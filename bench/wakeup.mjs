// How soon an idle worker in another process begins a job, whether any wake-up is lost, and what idling costs.
//   npm run bench -- wakeup [--jobs 2000] [--idle 30] [--levels process,power+1ms]; --full: 10,000 jobs
import { join } from 'node:path'
import { makeBacklog } from './support/backlog.mjs'
import { runChild, startChild } from './support/children.mjs'
import { LEVELS, storageOf } from './support/levels.mjs'
import { listOf, runRow } from './support/row.mjs'
import { percentile } from './support/statistics.mjs'

/** A job that begins later than this was not woken for: the next slow poll found it. */
const LATE_MS = 200

await runRow({
  name: 'wakeup',
  title: 'An idle worker in another process: from the call that enqueues to the start of the handler',
  seconds: 1,
  runs: 1,
  options: { jobs: { type: 'string' }, idle: { type: 'string' }, levels: { type: 'string' } },
  quick: { jobs: 20, idle: 0.2, levels: 'process' },
  measure: async (report, options) => {
    for (const name of listOf(options.levels ?? 'process,power+1ms')) {
      const level = LEVELS[name]
      await report.atLevel('wake-up', level, (folder) => measure(report, { ...options, folder, level }))
    }
  },
})

async function measure(report, { folder, level, full, jobs = full ? 10_000 : 2_000, idle = 30 }) {
  const env = level.env()
  const path = join(folder, 'run.db')
  await makeBacklog(path, { items: 0, durability: level.durability })
  const worker = startChild('wakeup/worker.mjs', { path, idleSeconds: idle }, { env })
  await worker.said('ready')
  await runChild('wakeup/submitter.mjs', { path, jobs }, { env })
  worker.say('stop')
  const { latencies, idleCpu, about } = await worker.result
  report.about(about)
  const place = { level: level.name, storage: storageOf(level) }
  report.add({
    what: `enqueue to handler start, ${jobs} jobs`,
    ...place,
    value: percentile(latencies, 0.5),
    unit: 'ms (p50)',
    detail: {
      'p99 ms': percentile(latencies, 0.99),
      'most ms': percentile(latencies, 1),
      'never begun': jobs - latencies.length,
      [`later than ${LATE_MS} ms`]: latencies.filter((ms) => ms > LATE_MS).length,
    },
  })
  report.add({ what: `idle for ${idle} s`, ...place, value: idleCpu * 100, unit: '% of a core' })
}
