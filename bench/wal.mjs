// How large the WAL becomes while other processes read without a pause and one writes.
//   npm run bench -- wal [--seconds 10] [--runs 3] [--readers 4] [--callers 32] [--levels power,process]
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { copyBacklog, makeBacklog } from './support/backlog.mjs'
import { startChild } from './support/children.mjs'
import { besideCallers } from './support/figures.mjs'
import { LEVELS, storageOf } from './support/levels.mjs'
import { median } from './support/machine.mjs'
import { listOf, runRow } from './support/row.mjs'

/** Between two looks at the size of the file. */
const LOOK_MS = 5
/** Pages of this many tasks are what the readers read. */
const TASKS = 2_000

await runRow({
  name: 'wal',
  title: 'WAL while processes read without a pause',
  seconds: 10,
  options: { readers: { type: 'string' }, callers: { type: 'string' }, levels: { type: 'string' } },
  quick: { readers: 1, levels: 'process' },
  measure: async (report, options) => {
    for (const name of listOf(options.levels ?? 'power,process')) {
      const level = LEVELS[name]
      await report.atLevel('wal', level, (folder) => measure(report, { ...options, folder, level }))
    }
  },
})

async function measure(report, { folder, level, quick, seconds, runs, readers = 4, callers = 32 }) {
  const backlog = join(folder, 'backlog.db')
  report.about(await makeBacklog(backlog, { items: quick ? 100 : TASKS, durability: level.durability }))
  const path = join(folder, 'run.db')
  const run = (count) =>
    writeWhileReading({ path: copyBacklog(backlog, path), count, callers, seconds, env: level.env() })
  const read = []
  const unread = []
  for (let i = 0; i < runs; i += 1) {
    unread.push(await run(0))
    read.push(await run(readers))
  }
  add(report, { what: `${readers} processes reading`, level, own: read, alone: unread })
  add(report, { what: 'nobody reading', level, own: unread, alone: unread })
}

async function writeWhileReading({ path, count, callers, seconds, env }) {
  const readers = Array.from({ length: count }, () => startChild('wal/reader.mjs', { path }, { env }))
  const writer = startChild('wal/writer.mjs', { path, callers, seconds }, { env })
  await Promise.all([writer, ...readers].map((child) => child.said('ready')))
  let mostBytes = 0
  const look = setInterval(() => {
    mostBytes = Math.max(mostBytes, statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0)
  }, LOOK_MS)
  try {
    for (const child of [writer, ...readers]) child.say('go')
    const written = await writer.result
    for (const reader of readers) reader.say('stop')
    const read = await Promise.all(readers.map(({ result }) => result))
    return { ...written, mostBytes, pages: read.reduce((sum, { pages }) => sum + pages, 0) / seconds }
  } finally {
    clearInterval(look)
  }
}

function add(report, { what, level, own, alone }) {
  const of = (figure) => median(own.map(figure))
  report.add({
    what,
    level: level.name,
    storage: storageOf(level),
    value: Math.max(...own.map(({ mostBytes }) => mostBytes)) / 1e6,
    unit: 'MB at most',
    runs: own.map(({ mostBytes }) => mostBytes / 1e6),
    detail: {
      'writes/s': of(({ perSecond }) => perSecond),
      '× unread': median(own.map(({ perSecond }, i) => perSecond / alone[i].perSecond)),
      'pages of 500 read/s': of(({ pages }) => pages),
      ...besideCallers(own),
      warnings: [...new Set(own.flatMap(({ warnings }) => warnings))].join(' ') || 'none',
    },
  })
}
