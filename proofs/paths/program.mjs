// Tries hostile paths: `node program.mjs <tree> <seed> <cases>`. Says what came of them as JSON.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createWorker, submitTask } from '@holdfast/engine'
import { Memory } from '@holdfast/memory'
import { sqlite as memory } from '@holdfast/memory/sqlite'
import { backup, openStore, restore, verifyBackup } from '@holdfast/store/sqlite'
import { ingest, ingestFile } from '../../examples/ingest/dist/index.js'
import { randomFrom } from '../support/random.mjs'
import { layGround, ROOT, SECRET, sentinels } from './ground.mjs'
import { hostileCase } from './hostile.mjs'

const [tree = '', seed = '0', cases = '0'] = process.argv.slice(2)
const root = join(tree, ROOT)
await layGround(tree)
process.env.HOLDFAST_INGEST_ROOTS = root
// Relative paths start here.
process.chdir(root)

const store = await openStore({ path: ':memory:', modules: [memory] })
const worker = createWorker({
  store,
  tasks: [ingest, ingestFile],
  liveness: 'main',
  process: false,
  sweep: false,
  retention: false,
})
await worker.start()

/** Longer than anything that isn't stuck on a pipe or a device. */
const LONGEST_MS = 30_000

const from = join(root, 'backup.db')
const within = root
const TRY = {
  backup: async (to) => backup({ path: from, to, within, signal: AbortSignal.timeout(LONGEST_MS) }),
  verify: async (file) => verifyBackup({ from: file, within, signal: AbortSignal.timeout(LONGEST_MS) }),
  'restore from': async (file) =>
    restore({
      from: file,
      to: join(root, 'restored.db'),
      within,
      lockWaitMs: 10,
      signal: AbortSignal.timeout(LONGEST_MS),
    }),
  'restore to': async (to) => restore({ from, to, within, lockWaitMs: 10, signal: AbortSignal.timeout(LONGEST_MS) }),
  folder: (folder) => ran(ingest, { folder }),
  file: (path) => ran(ingestFile, { path, namespace: 'files', maxBytes: 1_000_000 }),
}

const ran = async (task, input) => {
  const { taskId } = await submitTask(store, task, input)
  const untilMs = performance.now() + LONGEST_MS
  for (;;) {
    const { state, error, result } = await store.tasks.require(taskId)
    if (state === 'completed') return result
    if (state !== 'active') throw Object.assign(new Error(error?.message), { code: error?.code })
    if (performance.now() > untilMs) throw new Error('it never ended')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const outcomeOf = async ({ operation, path }) => {
  try {
    return { done: await TRY[operation](path) }
  } catch (error) {
    return { code: error.code, message: `${error.name}: ${error.message}` }
  }
}

/** A code of ours has a dot in it; EACCES or nothing at all is not one that a caller can rely on. */
const isTyped = (code) => typeof code === 'string' && /^[a-z_]+(\.[a-z_]+)+$/.test(code)

const wrongWith = async (tried, { done, code, message }, before, after) => {
  const changed = Object.keys({ ...before, ...after }).filter((name) => before[name] !== after[name])
  if (changed.length > 0) return `touched ${changed.join(', ')}`
  if (done === undefined && !isTyped(code)) return `refused without a name for it: ${message}`
  if (tried.isHonest && done === undefined) return `refused what is allowed: ${code}: ${message}`
  if (tried.leadsOut && done !== undefined && done?.outcome !== 'gone')
    return `done outside of the root: ${JSON.stringify(done)}`
  if ((await new Memory(store).search(SECRET.replaceAll('-', ' '))).length > 0)
    return 'read what lies outside of the root'
  return undefined
}

/** What an honest case has made is taken away again, so that the next one finds the same ground. Links aren't followed. */
const tidy = (folder = root) => {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) tidy(path)
    else if (entry.isFile() && !GROUND.has(path)) rmSync(path)
  }
}

/** Every file of the root as it was laid. */
const filesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesIn(path) : [path]
  })
const GROUND = new Set(filesIn(root))

const random = randomFrom(Number(seed))
const result = { tried: 0, done: 0, refusals: {}, sayings: {}, violations: [] }
for (let n = 0; n < Number(cases); n += 1) {
  const tried = hostileCase({ tree, root }, random)
  const before = sentinels(tree)
  const outcome = await outcomeOf(tried)
  const what = await wrongWith(tried, outcome, before, sentinels(tree))
  const { operation, path, saying } = tried
  if (what !== undefined) result.violations.push({ what: `${operation}, ${saying}: ${what}`, operation, path, case: n })
  result.tried += 1
  if (outcome.done === undefined) result.refusals[outcome.code] = (result.refusals[outcome.code] ?? 0) + 1
  else result.done += 1
  result.sayings[operation] = (result.sayings[operation] ?? 0) + 1
  tidy()
}
await worker.stop()
await store.close()
process.stdout.write(JSON.stringify(result))
