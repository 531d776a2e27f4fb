// How long a claim takes inside a transaction, by what else is in the file.
//   npm run bench -- claim [--samples 2000] [--runs 3] [--small 1000] [--large 1000000]; --full: 5 million pending as well
import { join } from 'node:path'
import { copyBacklog, makeBacklog } from './support/backlog.mjs'
import { runChild } from './support/children.mjs'
import { inFolder, LEVELS, storageOf } from './support/levels.mjs'
import { median } from './support/machine.mjs'
import { runRow } from './support/row.mjs'

/** Memory-backed where there is such: a claim inside a transaction reaches no disk. */
const PLACE = LEVELS['power+1ms']

const HUGE = 5_000_000
/** Of a batch, however large. */
const FEWEST_SAMPLES = 100
/** Far ahead: nothing of it becomes due while the row runs. */
const TOMORROW_MS = 86_400_000

await runRow({
  name: 'claim',
  title: 'Claim, inside a transaction that is open already',
  seconds: 0,
  options: { samples: { type: 'string' }, small: { type: 'string' }, large: { type: 'string' } },
  quick: { samples: 50, small: 1_000, large: 2_000 },
  measure: (report, options) => inFolder(PLACE, (folder) => measure(report, { ...options, folder })),
})

async function measure(report, { folder, quick, full, runs, samples = 2_000, small = 1_000, large = 1_000_000 }) {
  const files = filesOf({ small, large, full })
  for (const [index, file] of files.entries()) {
    file.path = join(folder, `${index}.db`)
    console.error(`making a file with ${file.what} …`)
    if (file.from) copyBacklog(files[file.from].path, file.path)
    await makeBacklog(file.path, { parts: file.parts, durability: 'process' })
    if (file.finished) await runChild('claim/finish.mjs', { path: file.path, items: file.finished })
  }
  for (const batch of [1, 100]) {
    const taken = await inTurn(files, runs, (file) =>
      runChild('claim/product.mjs', {
        path: file.path,
        batch,
        samples: Math.max(quick ? 1 : FEWEST_SAMPLES, Math.ceil(samples / batch)),
      }),
    )
    for (const file of files) add(report, { file, batch, own: taken.get(file), base: taken.get(files[0]) })
  }
}

/** What else is in the file. The first one is what the others are held against; `from` names another to begin with. */
function filesOf({ small, large, full }) {
  return [
    { what: `${count(small)} pending`, parts: [{ items: small }] },
    { what: `${count(large)} pending`, parts: [{ items: large }] },
    {
      what: `${count(small)} pending, ${count(large)} scheduled ahead of them in priority`,
      parts: [{ items: large, priority: 9, delayMs: TOMORROW_MS }, { items: small }],
    },
    {
      what: `${count(small)} pending, ${count(large)} finished and kept`,
      from: 1,
      parts: [{ items: small }],
      finished: large,
    },
    ...(full ? [{ what: `${count(HUGE)} pending`, from: 1, parts: [{ items: HUGE - large }] }] : []),
  ]
}

/** All files in every round, so that they meet the same moods of the machine. */
async function inTurn(files, runs, take) {
  const taken = new Map(files.map((file) => [file, []]))
  for (let run = 0; run < runs; run += 1) for (const file of files) taken.get(file).push(await take(file))
  return taken
}

function add(report, { file, batch, own, base }) {
  const { about } = own[0]
  report.about(about)
  report.add({
    what: `${file.what}; ${batch === 1 ? 'one' : batch} at a time`,
    level: about.durability,
    storage: storageOf(PLACE),
    value: median(own.map(({ p50Us }) => p50Us / batch)),
    unit: 'µs an item (p50)',
    runs: own.map(({ p50Us }) => p50Us / batch),
    detail: {
      'p99 µs': median(own.map(({ p99Us }) => p99Us / batch)),
      '× the first': median(own.map(({ p50Us }, run) => p50Us / base[run].p50Us)),
    },
  })
}

function count(items) {
  return items >= 1e6 ? `${items / 1e6} million` : items.toLocaleString('en')
}
