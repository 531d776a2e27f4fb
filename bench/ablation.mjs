// What each part of the schema costs SQLite itself, in C: the statements of the store on a file from which it was taken.
//   npm run bench -- ablation [--seconds 2] [--runs 3] [--lanes 32]
import { join } from 'node:path'
import { ablationsOf } from './limit/ablations.mjs'
import { prepareLimit, runLimit } from './limit/run-limit.mjs'
import { copyBacklog, makeBacklog } from './support/backlog.mjs'
import { runChild } from './support/children.mjs'
import { LEVELS, storageOf } from './support/levels.mjs'
import { median } from './support/machine.mjs'
import { runRow } from './support/row.mjs'

/** Without a sync worth speaking of, so that processor time is the whole of it. */
const LEVEL = LEVELS.process
const CYCLES_PER_SECOND = 30_000
/** What a job that does nothing takes of the writer. */
const JOB = ['enqueue', 'claim', 'complete']

await runRow({
  name: 'ablation',
  title: 'What each part of the schema costs, in C',
  seconds: 2,
  options: { lanes: { type: 'string' } },
  quick: { seconds: 0.05 },
  measure: async (report, options) => {
    const plans = await report.unlessSkipped('the C limit', async () => ({
      cycle: await prepareLimit('cycle', options),
      enqueue: await prepareLimit('enqueue', options),
    }))
    if (plans) await report.atLevel('ablation', LEVEL, (folder) => measure(report, { ...options, plans, folder }))
  },
})

async function measure(report, { plans, folder, seconds, runs, lanes = 32 }) {
  const files = { cycle: join(folder, 'backlog.db'), enqueue: join(folder, 'empty.db') }
  const durability = LEVEL.durability
  const { settings } = await makeBacklog(files.cycle, { items: Math.ceil(CYCLES_PER_SECOND * seconds), durability })
  await makeBacklog(files.enqueue, { items: 0, durability })
  const ablations = ablationsOf(await runChild('limit/trigger-names.mjs', { path: files.enqueue }))
  const path = join(folder, 'run.db')
  const once = async (without) => {
    const taken = {}
    for (const [plan, limit] of Object.entries(plans)) {
      const setup = { path: copyBacklog(files[plan], path), lanes, seconds, settings, level: LEVEL, without }
      const { sqliteVersion, cpuMicros } = await runLimit(limit, setup)
      report.about({ driver: 'C', engineVersion: sqliteVersion })
      Object.assign(taken, cpuMicros)
    }
    return { ...taken, job: JOB.reduce((sum, name) => sum + taken[name], 0) }
  }
  const taken = await inTurn(ablations, runs, once)
  for (const [what, own] of taken) add(report, what, own, taken.get(ablations[0].what))
}

/** All of them in every round, so that they meet the same moods of the machine. */
async function inTurn(ablations, runs, once) {
  const taken = new Map(ablations.map(({ what }) => [what, []]))
  for (let run = 0; run < runs; run += 1)
    for (const { what, without } of ablations) taken.get(what).push(await once(without))
  return taken
}

function add(report, what, own, whole) {
  const of = (name) => median(own.map((run) => run[name]))
  const operations = ['enqueue', 'claim', 'heartbeat', 'checkpoint', 'complete']
  report.add({
    what,
    level: LEVEL.name,
    storage: storageOf(LEVEL),
    value: of('job'),
    unit: 'µs of CPU a job: enqueue, claim, complete',
    runs: own.map(({ job }) => job),
    detail: {
      '× everything': median(own.map(({ job }, run) => job / whole[run].job)),
      ...Object.fromEntries(operations.map((name) => [`${name} µs`, of(name)])),
    },
  })
}
