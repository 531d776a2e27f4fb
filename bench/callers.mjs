// What concurrent callers get from one store, beside what SQLite itself can do.
//   npm run bench -- callers [--seconds 5] [--runs 3] [--callers 1,16,128,1024] [--levels power+1ms,power,process]
import { join } from 'node:path'
import { prepareLimit, runLimit } from './limit/run-limit.mjs'
import { copyBacklog, makeBacklog } from './support/backlog.mjs'
import { runChild } from './support/children.mjs'
import { besideCallers, rateFigure } from './support/figures.mjs'
import { inFolder, LEVELS, storageOf } from './support/levels.mjs'
import { median } from './support/machine.mjs'
import { inPairs } from './support/pairs.mjs'
import { listOf, runRow } from './support/row.mjs'

/** Items that a run may need in a second; when they run out it ends early, which changes no rate. */
const ITEMS_PER_SECOND = { 1: 8_000, 16: 15_000, 128: 25_000, 1024: 30_000 }
const MOST_ITEMS = 400_000

await runRow({
  name: 'callers',
  title: 'Concurrent callers: claim, heartbeat, checkpoint of 1 KB, complete',
  options: { callers: { type: 'string' }, levels: { type: 'string' } },
  quick: { callers: '16', levels: 'power+1ms' },
  measure: async (report, options) => {
    const { quick, callers = '1,16,128,1024', levels = 'power+1ms,power,process' } = options
    const limit = await report.unlessSkipped('the C limit', () => prepareLimit('cycle', { quick }))
    for (const name of listOf(levels)) {
      const level = LEVELS[name]
      for (const count of listOf(callers).map(Number)) {
        await report.unlessSkipped(`${count} callers, ${level.name}`, () =>
          inFolder(level, (folder) => measure(report, { ...options, folder, limit, count, level })),
        )
      }
    }
  },
})

async function measure(report, { folder, limit, seconds, runs, count, level }) {
  const env = level.env()
  const backlog = join(folder, 'backlog.db')
  const items = Math.min(MOST_ITEMS, (ITEMS_PER_SECOND[count] ?? ITEMS_PER_SECOND[1024]) * (seconds + 0.5))
  const { settings } = await makeBacklog(backlog, { items: Math.ceil(items), durability: level.durability })
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
