// How fast work is taken in, one by one and in bulk, and how much space what waits takes.
//   npm run bench -- enqueue [--seconds 5] [--runs 3] [--callers 32] [--levels process,power,power+1ms]
//     [--bulk 100000] [--waiting 100000]
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { prepareLimit, runLimit } from './limit/run-limit.mjs'
import { copyBacklog, makeBacklog } from './support/backlog.mjs'
import { runChild } from './support/children.mjs'
import { besideCallers, rateFigure } from './support/figures.mjs'
import { inFolder, LEVELS, storageOf } from './support/levels.mjs'
import { inPairs } from './support/pairs.mjs'
import { listOf, runRow } from './support/row.mjs'

/** What the store puts into one transaction at most. */
const BULK_GROUP = 1_024

await runRow({
  name: 'enqueue',
  title: 'Enqueue: a task with its root item, journal included',
  options: {
    callers: { type: 'string' },
    levels: { type: 'string' },
    bulk: { type: 'string' },
    waiting: { type: 'string' },
  },
  quick: { levels: 'process', bulk: 2_000, waiting: 1_000 },
  measure: async (report, options) => {
    const { quick, levels = 'process,power,power+1ms', waiting = 100_000 } = options
    const limit = await report.unlessSkipped('the C limit', () => prepareLimit('enqueue', { quick }))
    for (const name of listOf(levels)) {
      const level = LEVELS[name]
      await report.atLevel('enqueue', level, async (folder) => {
        const empty = join(folder, 'empty.db')
        const { settings } = await makeBacklog(empty, { items: 0, durability: level.durability })
        const setup = { ...options, folder, empty, settings, limit, level }
        await oneByOne(report, setup)
        await inBulk(report, setup)
      })
    }
    await inFolder(LEVELS.process, (folder) => space(report, { folder, waiting }))
  },
})

async function oneByOne(report, { folder, empty, settings, limit, level, seconds, runs, callers = 32 }) {
  const env = level.env()
  const path = join(folder, 'run.db')
  const pairs = await inPairs(
    runs,
    () => runChild('enqueue/product.mjs', { path: copyBacklog(empty, path), callers, seconds }, { env }),
    () => limit && runLimit(limit, { path: copyBacklog(empty, path), lanes: callers, seconds, settings, level }),
  )
  report.about(pairs.one[0].about)
  report.add({
    what: `one by one, ${callers} callers`,
    level: level.name,
    storage: storageOf(level),
    ...rateFigure(pairs),
    detail: besideCallers(pairs.one),
  })
}

async function inBulk(report, { folder, empty, settings, limit, level, seconds, runs, bulk = 100_000 }) {
  const env = level.env()
  const path = join(folder, 'run.db')
  const fill = async () => {
    const took = await runChild('support/fill.mjs', { path: copyBacklog(empty, path), items: bulk }, { env })
    return { perSecond: bulk / took.seconds }
  }
  const bare = () =>
    limit && runLimit(limit, { path: copyBacklog(empty, path), lanes: BULK_GROUP, seconds, settings, level })
  report.add({
    what: `in bulk, ${bulk}`,
    level: level.name,
    storage: storageOf(level),
    ...rateFigure(await inPairs(runs, fill, bare)),
  })
}

/** The files after their stores have closed, what waits less what is empty. */
async function space(report, { folder, waiting }) {
  const empty = join(folder, 'empty.db')
  await makeBacklog(empty, { items: 0 })
  const path = join(folder, 'waiting.db')
  const { created, perSecond, about } = await runChild('enqueue/one-task.mjs', { path, items: waiting })
  const bytes = bytesOf(path) - bytesOf(empty)
  report.about(about)
  report.add({
    what: `${created} waiting items of one task`,
    level: about.durability,
    storage: storageOf(LEVELS.process),
    value: bytes / 1e6,
    unit: 'MB',
    detail: { 'fan-out items/s': perSecond, 'bytes an item': bytes / created },
  })
}

function bytesOf(path) {
  return [path, `${path}-wal`].reduce((sum, file) => sum + (existsSync(file) ? statSync(file).size : 0), 0)
}
