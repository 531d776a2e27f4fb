// How many typical READMEs a second one worker process ingests, at level `power`, and how much memory it takes.
//   npm run bench -- ingest [--files 3000] [--runs 3] [--concurrency 16] [--json]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openStore } from '@holdfast/store/sqlite'
import { NODE_FLAGS } from '../scripts/supervisor/node-flags.mjs'
import { describeMachine, machine, median } from './support/machine.mjs'
import { writeCorpus } from './ingest/corpus.mjs'

const root = resolve(import.meta.dirname, '..')

const main = async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      files: { type: 'string', default: '3000' },
      runs: { type: 'string', default: '3' },
      concurrency: { type: 'string', default: '16' },
      json: { type: 'boolean', default: false },
    },
  })
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-ingest-'))
  try {
    const corpusFolder = join(folder, 'corpus')
    const corpus = writeCorpus(corpusFolder, Number(values.files))
    const runs = []
    for (let i = 0; i < Number(values.runs); i++)
      runs.push(await ingestOnce({ corpusFolder, dataDir: join(folder, `run-${i}`), concurrency: values.concurrency }))
    print({ corpus, runs, durability: runs[0].durability, machine: machine() }, values.json)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** One cold run: an empty database, a worker process of its own, until the task has ended. */
const ingestOnce = async ({ corpusFolder, dataDir, concurrency }) => {
  mkdirSync(dataDir, { mode: 0o700 })
  const store = await openStore({ path: join(dataDir, 'holdfast.db'), durability: 'power', readers: 0 })
  const worker = spawn(process.execPath, [...NODE_FLAGS, join(root, 'apps/worker/dist/main.js')], {
    cwd: root,
    env: {
      ...process.env,
      HOLDFAST_DATA_DIR: dataDir,
      HOLDFAST_INGEST_ROOTS: corpusFolder,
      HOLDFAST_CONCURRENCY: concurrency,
      HOLDFAST_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    await registered(store)
    const start = performance.now()
    const { taskId } = await store.tasks.submit({
      type: 'ingest',
      input: { folder: corpusFolder },
      failurePolicy: 'root',
    })
    const task = await ended(store, taskId)
    const seconds = (performance.now() - start) / 1_000
    const { files } = task.result
    const { failed } = await store.workItems.count(taskId)
    return {
      filesPerSecond: Math.round(files / seconds),
      seconds: Number(seconds.toFixed(2)),
      failed,
      workerPeakMegabytes: peakMemoryOf(worker.pid),
      durability: store.info().durability,
    }
  } finally {
    worker.kill('SIGTERM')
    await once(worker, 'exit')
    await store.close()
  }
}

const registered = async (store) => {
  for (let i = 0; i < 300; i++) {
    const processes = await store.processes.list({ state: 'alive' })
    if (processes.some(({ kind }) => kind === 'worker')) return
    await sleep(100)
  }
  throw new Error('no worker came up within 30 s')
}

const ended = async (store, taskId) => {
  for (;;) {
    const task = await store.tasks.require(taskId)
    if (task.state === 'completed') return task
    if (task.state !== 'active') throw new Error(`the ingest ended as ${task.state}: ${JSON.stringify(task.error)}`)
    await sleep(20)
  }
}

/** The most memory that the process ever held, as Linux counts it; undefined elsewhere. */
const peakMemoryOf = (pid) => {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes && Math.round(Number(kilobytes) / 1_024)
  } catch {
    return undefined
  }
}

const print = (result, asJson) => {
  if (asJson) return console.log(JSON.stringify(result, null, 2))
  const { corpus, runs, durability } = result
  const megabytes = (corpus.bytes / 1e6).toFixed(1)
  console.log(`${describeMachine()}; durability ${durability}`)
  console.log(`${corpus.files} files from ${corpus.distinct} READMEs, ${megabytes} MB; one worker process\n`)
  console.log('| run | files/s | seconds | failed | worker peak MB |\n|---|---|---|---|---|')
  for (const [i, run] of runs.entries())
    console.log(
      `| ${i + 1} | ${run.filesPerSecond} | ${run.seconds} | ${run.failed} | ${run.workerPeakMegabytes ?? '-'} |`,
    )
  const rate = median(runs.map(({ filesPerSecond }) => filesPerSecond))
  console.log(`| median | ${rate} | | | |`)
}

await main(process.argv.slice(2))
