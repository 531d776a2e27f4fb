// Whether the memory of the real API and the real worker stays the same over many operations.
//   npm run bench -- memory [--operations 100000] [--callers 16]; the full row: --operations 10000000
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '@holdfast/store/sqlite'
import { join } from 'node:path'
import { httpClient } from './memory/http-client.mjs'
import { startPrograms } from './memory/programs.mjs'
import { inFolder, LEVELS, storageOf } from './support/levels.mjs'
import { median } from './support/machine.mjs'
import { runRow } from './support/row.mjs'
import { Skipped } from './support/skipped.mjs'

/** Each job is submitted and read over HTTP, claimed, and completed. */
const OPERATIONS_PER_JOB = 4
/** Jobs that may wait for the worker: what it does has to keep up with what it is given. */
const MOST_WAITING = 2_000
/** How often memory is looked at in a run. */
const SAMPLES = 50
const LEVEL = LEVELS.process

await runRow({
  name: 'memory',
  title: 'Memory of the API and of a worker, over jobs that do nothing',
  seconds: 0,
  runs: 1,
  options: { operations: { type: 'string' }, callers: { type: 'string' } },
  quick: { operations: 400 },
  measure: (report, options) =>
    report.unlessSkipped('memory', () => {
      if (process.platform !== 'linux') throw new Skipped('memory is read from /proc, which Linux has')
      return inFolder(LEVEL, (folder) => measure(report, { ...options, folder }))
    }),
})

async function measure(report, { folder, operations = 100_000, callers = 16 }) {
  const jobs = Math.ceil(operations / OPERATIONS_PER_JOB)
  const programs = await startPrograms(folder, LEVEL)
  const client = httpClient({ ...programs, sockets: callers })
  const waiting = waitingIn(join(folder, 'holdfast.db'))
  const samples = []
  report.about(waiting.about)
  try {
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      await submit(client, { jobs: Math.ceil(jobs / SAMPLES), callers })
      while (waiting.count() > MOST_WAITING) await sleep(20)
      samples.push(programs.megabytes())
    }
    while (waiting.count() > 0) await sleep(20)
  } finally {
    waiting.close()
    client.close()
    await programs.stop()
  }
  for (const name of ['api', 'worker']) add(report, { name, operations, samples: samples.map((each) => each[name]) })
}

async function submit(client, { jobs, callers }) {
  let left = jobs
  const caller = async () => {
    while (left > 0) {
      left -= 1
      const { id } = await client.send('POST', '/v1/tasks', { type: 'bench', input: { n: left } })
      await client.send('GET', `/v1/tasks/${id}`)
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
}

/** How many jobs are waiting, up to one more than may. */
function waitingIn(path) {
  const connection = openDatabase({ path, role: 'reader' })
  const look = connection.prepare(
    `select count(*) as n from (select 1 from work_items where state = 'pending' limit ${MOST_WAITING + 1})`,
  )
  const about = { driver: connection.driver, engineVersion: connection.sqliteVersion }
  return { about, count: () => look.get().n, close: () => connection.close() }
}

/** The first fifth is left out: code is compiled then, and caches fill. */
function add(report, { name, operations, samples }) {
  const part = (from, to) => median(samples.slice(samples.length * from, samples.length * to))
  const early = part(0.2, 0.4)
  const late = part(0.8, 1)
  report.add({
    what: `${name === 'api' ? 'API' : 'worker'}, ${operations} operations`,
    level: LEVEL.name,
    storage: storageOf(LEVEL),
    value: (late / early - 1) * 100,
    unit: '% from the second fifth to the last',
    detail: { 'MB in the second fifth': early, 'MB in the last fifth': late, 'MB at most': Math.max(...samples) },
    samples,
  })
}
