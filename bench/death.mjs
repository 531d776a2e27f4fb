// kill -9 of a worker that holds items: how soon another one, alive beside it, runs them all again.
//   npm run bench -- death [--items 100] [--runs 5]
import { join } from 'node:path'
import { makeBacklog } from './support/backlog.mjs'
import { startChild } from './support/children.mjs'
import { inFolder, LEVELS, storageOf } from './support/levels.mjs'
import { median } from './support/machine.mjs'
import { runRow } from './support/row.mjs'

const LEVEL = LEVELS.power

await runRow({
  name: 'death',
  title: 'kill -9 of a worker, defaults, another worker alive',
  seconds: 0,
  runs: 5,
  options: { items: { type: 'string' } },
  quick: { items: 10 },
  measure: async (report, { items = 100, runs }) => {
    const taken = []
    for (let run = 0; run < runs; run += 1) taken.push(await inFolder(LEVEL, (folder) => kill(folder, items)))
    report.about(taken[0].about)
    report.add({
      what: `${items} items held: all running again`,
      level: LEVEL.name,
      storage: storageOf(LEVEL),
      value: median(taken.map(({ tookMs }) => tookMs)),
      unit: 'ms after the kill',
      runs: taken.map(({ tookMs }) => tookMs),
      detail: {
        'slowest ms': Math.max(...taken.map(({ tookMs }) => tookMs)),
        'completed twice': sum(taken.map(({ completions }) => completions.filter((times) => times > 1).length)),
        'never completed': sum(taken.map(({ completions }) => completions.filter((times) => times === 0).length)),
      },
    })
  },
})

async function kill(folder, count) {
  const path = join(folder, 'run.db')
  await makeBacklog(path, { items: 0, durability: LEVEL.durability })
  const items = startChild('death/items.mjs', { path, items: count })
  await items.said('submitted')
  const victim = startChild('death/worker.mjs', { path, items: count })
  await victim.said('all running')
  const survivor = startChild('death/worker.mjs', { path, items: count })
  await survivor.said('ready')
  const killedAtMs = Number(process.hrtime.bigint()) / 1e6
  await victim.kill()
  const { atMs } = await survivor.said('all running')
  survivor.say('finish')
  items.say('count')
  const { completions, about } = await items.result
  survivor.say('stop')
  await survivor.result
  return { tookMs: atMs - killedAtMs, completions, about }
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0)
}
