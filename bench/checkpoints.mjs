// How fast progress is written down, and how soon it is read back.
//   npm run bench -- checkpoints [--seconds 5] [--runs 3] [--callers 32] [--reads 20000] [--levels power,power+1ms]
import { join } from 'node:path'
import { prepareLimit, runLimit } from './limit/run-limit.mjs'
import { copyBacklog, makeBacklog } from './support/backlog.mjs'
import { runChild } from './support/children.mjs'
import { besideCallers, rateFigure } from './support/figures.mjs'
import { LEVELS, storageOf } from './support/levels.mjs'
import { median } from './support/machine.mjs'
import { inPairs } from './support/pairs.mjs'
import { listOf, runRow } from './support/row.mjs'

await runRow({
  name: 'checkpoints',
  title: 'Checkpoints of 1 KB: append, and read the latest',
  options: { callers: { type: 'string' }, reads: { type: 'string' }, levels: { type: 'string' } },
  quick: { reads: 100, levels: 'power' },
  measure: async (report, options) => {
    const { quick, levels = 'power,power+1ms' } = options
    const limit = await report.unlessSkipped('the C limit', () => prepareLimit('checkpoints', { quick }))
    for (const name of listOf(levels)) {
      const level = LEVELS[name]
      await report.atLevel('checkpoints', level, (folder) => measure(report, { ...options, folder, limit, level }))
    }
  },
})

async function measure(report, { folder, limit, level, seconds, runs, callers = 32, reads = 20_000 }) {
  const env = level.env()
  const files = { product: join(folder, 'empty.db'), limit: join(folder, 'items.db') }
  const { settings } = await makeBacklog(files.product, { items: 0, durability: level.durability })
  await makeBacklog(files.limit, { items: callers, durability: level.durability })
  const path = join(folder, 'run.db')
  const pairs = await inPairs(
    runs,
    () =>
      runChild('checkpoints/product.mjs', { path: copyBacklog(files.product, path), callers, seconds, reads }, { env }),
    () => limit && runLimit(limit, { path: copyBacklog(files.limit, path), lanes: callers, seconds, settings, level }),
  )
  report.about(pairs.one[0].about)
  const place = { level: level.name, storage: storageOf(level) }
  report.add({ what: `append, ${callers} callers`, ...place, ...rateFigure(pairs), detail: besideCallers(pairs.one) })
  const of = (figure) => median(pairs.one.map(figure))
  report.add({
    what: 'read the latest, one after the other',
    ...place,
    value: of(({ latestP50Us }) => latestP50Us),
    unit: 'µs (p50)',
    detail: { 'p99 µs': of(({ latestP99Us }) => latestP99Us) },
  })
}
