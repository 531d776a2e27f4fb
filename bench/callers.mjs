// What concurrent callers get from one store, beside what SQLite itself can do.
//   npm run bench -- callers [--seconds 5] [--runs 3] [--callers 1,16,128,1024] [--levels power+1ms,power,process]
import { join } from 'node:path'
import { prepareLimit, runLimit } from './limit/run-limit.mjs'
import { copyBacklog, makeBacklog } from './support/backlog.mjs'
import { runChild } from './support/children.mjs'
import { inFolder, LEVELS, storageOf } from './support/levels.mjs'
import { median } from './support/machine.mjs'
import { inPairs } from './support/pairs.mjs'
import { runRow } from './support/row.mjs'

/** Items that the fastest may need in a second, a quarter of its operations: when they run out, a run ends early. */
const ITEMS_PER_SECOND = { 1: 8_000, 16: 15_000, 128: 25_000, 1024: 30_000 }
const MOST_ITEMS = 400_000

await runRow({
  name: 'callers',
  title: 'Concurrent callers: claim, heartbeat, checkpoint of 1 KB, complete',
  options: { callers: { type: 'string' }, levels: { type: 'string' } },
  quick: { callers: '16', levels: 'power+1ms' },
  measure: async (report, { quick, seconds, runs, callers = '1,16,128,1024', levels = 'power+1ms,power,process' }) => {
    const limit = await report.unlessSkipped('the C limit', () => prepareLimit('cycle', { quick }))
    for (const name of levels.split(',')) {
      for (const count of String(callers).split(',').map(Number)) {
        await report.unlessSkipped(`${count} callers, ${name}`, () =>
          inFolder(LEVELS[name], (folder) =>
            measure(report, { folder, limit, seconds, runs, count, level: LEVELS[name] }),
          ),
        )
      }
    }
  },
})

async function measure(report, { folder, limit, seconds, runs, count, level }) {
  const env = level.env()
  const backlog = join(folder, 'backlog.db')
  const items = Math.min(MOST_ITEMS, Math.ceil(ITEMS_PER_SECOND[count] ?? ITEMS_PER_SECOND[1024]) * (seconds + 0.5))
  const { settings } = await makeBacklog(backlog, { items: Math.ceil(items), durability: level.durability })
  const path = join(folder, 'run.db')
  const product = () =>
    runChild('callers/product.mjs', { path: copyBacklog(backlog, path), callers: count, seconds }, { env })
  const bare = () =>
    limit && runLimit(limit, { path: copyBacklog(backlog, path), lanes: count, seconds, settings, level })
  const pairs = await inPairs(runs, product, bare)
  const of = (figure) => median(pairs.one.map(figure))
  report.about(pairs.one[0].about)
  report.add({
    what: count === 1 ? '1 caller, a commit per call' : `${count} callers`,
    level: level.name,
    storage: storageOf(level),
    value: of(({ perSecond }) => perSecond),
    unit: 'operations/s',
    ...(limit && {
      limit: median(pairs.other.map(({ perSecond }) => perSecond)),
      ratio: pairs.ratio(({ perSecond }) => perSecond),
    }),
    detail: {
      'p50 ms': of(({ p50Ms }) => p50Ms),
      'p99 ms': of(({ p99Ms }) => p99Ms),
      'event loop gap p99 ms': of(({ loopGapP99Ms }) => loopGapP99Ms),
      'operations a group': of(({ meanGroupSize }) => meanGroupSize),
    },
    runs: pairs.one.map(({ perSecond }) => perSecond),
    limitRuns: limit && pairs.other.map(({ perSecond }) => perSecond),
    limitSqlite: limit && pairs.other[0].sqliteVersion,
    endedEarly:
      pairs.one.some(({ isExhausted }) => isExhausted) || (limit && pairs.other.some(({ isExhausted }) => isExhausted)),
  })
}
