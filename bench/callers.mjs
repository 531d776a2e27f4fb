// What concurrent callers get from one store, beside what SQLite itself can do.
//   npm run bench -- callers [--seconds 5] [--runs 3] [--callers 1,16,128,1024] [--levels power+1ms,power,process]
//     [--items how many are waiting at the start]
import { join } from 'node:path'
import { prepareLimit, runLimit } from './limit/run-limit.mjs'
import { copyBacklog, makeBacklog } from './support/backlog.mjs'
import { runChild } from './support/children.mjs'
import { besideCallers, rateFigure } from './support/figures.mjs'
import { LEVELS, storageOf } from './support/levels.mjs'
import { median } from './support/machine.mjs'
import { inPairs } from './support/pairs.mjs'
import { listOf, runRow } from './support/row.mjs'

/** Items that the fastest may need in a second; when they run out a run ends early, which changes no rate. */
const ITEMS_PER_SECOND = { process: 30_000, power: 25_000, 'power+1ms': 20_000 }

await runRow({
  name: 'callers',
  title: 'Concurrent callers: claim, heartbeat, checkpoint of 1 KB, complete',
  options: { callers: { type: 'string' }, levels: { type: 'string' }, items: { type: 'string' } },
  quick: { callers: '16', levels: 'power+1ms', items: 2_000 },
  measure: async (report, options) => {
    const { quick, callers = '1,16,128,1024', levels = 'power+1ms,power,process' } = options
    const limit = await report.unlessSkipped('the C limit', () => prepareLimit('cycle', { quick }))
    for (const name of listOf(levels)) {
      const level = LEVELS[name]
      await report.atLevel('callers', level, async (folder) => {
        const backlog = join(folder, 'backlog.db')
        const items = options.items ?? Math.ceil(ITEMS_PER_SECOND[name] * (options.seconds + 0.5))
        const { settings } = await makeBacklog(backlog, { items, durability: level.durability })
        const setup = { ...options, folder, limit, level, backlog, settings }
        for (const count of listOf(callers).map(Number)) await measure(report, { ...setup, count })
      })
    }
  },
})

async function measure(report, { folder, backlog, settings, limit, seconds, runs, count, level }) {
  const env = level.env()
  const path = join(folder, 'run.db')
  const product = () =>
    runChild('callers/product.mjs', { path: copyBacklog(backlog, path), callers: count, seconds }, { env })
  const bare = () =>
    limit && runLimit(limit, { path: copyBacklog(backlog, path), lanes: count, seconds, settings, level })
  const pairs = await inPairs(runs, product, bare)
  report.about(pairs.one[0].about)
  report.add({
    what: count === 1 ? '1 caller, a commit per call' : `${count} callers`,
    level: level.name,
    storage: storageOf(level),
    ...rateFigure(pairs),
    detail: {
      ...besideCallers(pairs.one),
      'operations a group': median(pairs.one.map(({ meanGroupSize }) => meanGroupSize)),
    },
    endedEarly: [...pairs.one, ...pairs.other].some((run) => run?.isExhausted),
  })
}
