// How several processes share one file: who gets how much, how long a call takes, and what the sharing costs.
//   npm run bench -- fairness [--seconds 10] [--runs 3] [--processes 2,4,8] [--callers 32] [--level power+1ms]
import { join } from 'node:path'
import { copyBacklog, makeBacklog } from './support/backlog.mjs'
import { startChild } from './support/children.mjs'
import { LEVELS, storageOf } from './support/levels.mjs'
import { median } from './support/machine.mjs'
import { listOf, runRow } from './support/row.mjs'

await runRow({
  name: 'fairness',
  title: 'Several processes that write to one file without a pause',
  seconds: 10,
  options: { processes: { type: 'string' }, callers: { type: 'string' }, level: { type: 'string' } },
  quick: { seconds: 0.3, processes: '2' },
  measure: (report, options) => {
    const level = LEVELS[options.level ?? 'power+1ms']
    return report.atLevel('fairness', level, (folder) => measure(report, { ...options, folder, level }))
  },
})

async function measure(report, { folder, level, seconds, runs, processes = '2,4,8', callers = 32 }) {
  const env = level.env()
  const empty = join(folder, 'empty.db')
  report.about(await makeBacklog(empty, { items: 0, durability: level.durability }))
  const path = join(folder, 'run.db')
  const writers = async (count) => {
    copyBacklog(empty, path)
    const children = Array.from({ length: count }, () =>
      startChild('fairness/process.mjs', { path, callers, seconds }, { env }),
    )
    await Promise.all(children.map((child) => child.said('ready')))
    for (const child of children) child.say('go')
    return together(await Promise.all(children.map(({ result }) => result)))
  }
  const counts = [1, ...listOf(processes).map(Number)]
  const runsOf = new Map(counts.map((count) => [count, []]))
  for (let run = 0; run < runs; run += 1) for (const count of counts) runsOf.get(count).push(await writers(count))
  for (const count of counts) add(report, { count, callers, level, own: runsOf.get(count), alone: runsOf.get(1) })
}

/** What the processes of one run came to. */
function together(results) {
  const rates = results.map(({ perSecond }) => perSecond)
  const worst = (figure) => Math.max(...results.map(figure))
  return {
    total: rates.reduce((sum, rate) => sum + rate, 0),
    leastOfMost: Math.min(...rates) / Math.max(...rates),
    p50Ms: median(results.map(({ p50Ms }) => p50Ms)),
    p99Ms: worst(({ p99Ms }) => p99Ms),
    loopGapP99Ms: worst(({ loopGapP99Ms }) => loopGapP99Ms),
    failures: results.reduce((sum, { failures }) => sum + failures, 0),
  }
}

function add(report, { count, callers, level, own, alone }) {
  const of = (figure) => median(own.map(figure))
  report.add({
    what: `${count} ${count === 1 ? 'process' : 'processes'}, ${callers} callers each`,
    level: level.name,
    storage: storageOf(level),
    value: of(({ total }) => total),
    unit: 'enqueues/s',
    runs: own.map(({ total }) => total),
    detail: {
      'least/most': of(({ leastOfMost }) => leastOfMost),
      '× 1 process': median(own.map(({ total }, i) => total / alone[i].total)),
      'p50 ms': of(({ p50Ms }) => p50Ms),
      'p99 ms, worst process': of(({ p99Ms }) => p99Ms),
      'event loop gap p99 ms, worst process': of(({ loopGapP99Ms }) => loopGapP99Ms),
      failures: own.reduce((sum, { failures }) => sum + failures, 0),
    },
  })
}
