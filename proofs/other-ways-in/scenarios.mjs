import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { ROOT } from '../support/sources.mjs'
import { Refused } from './members.mjs'

/** How often a bell is looked at, and what the machine may need on top of that. */
const HEARD_WITHIN_MS = 5_000
const LOOK_EVERY_MS = 20
/** Twice as long as between two looks at the bell. */
const DELETION_HEARD_MS = 1_000
const WRITES = 10

/**
 * One way into a store that is not the store's: `run` lets it happen while others write, and answers with the ids that
 * were acknowledged and what else went wrong; `refused` says with which code the way was barred.
 *
 * @typedef {{ acknowledged: string[], problems: string[], refused?: string }} Seen
 * @typedef {{ name: string, run: (place: { path: string, member: (options?: object) => any, folder: string }) => Promise<Seen> }} Scenario
 */

/** The store itself looks at its file while it is open, by every way it has; meanwhile others come and go. */
const lookedAtByTheStore = {
  name: 'the store opens its file twice in one process, while another process comes and goes',
  run: async ({ path, member }) => {
    const [inside, guest] = [member(), member()]
    await inside.ask('open', { path })
    const acknowledged = await inside.ask('write', { count: WRITES })
    await inside.ask('openAgain', { path })
    await inside.ask('integrity', { path })
    await inside.ask('examine', { path })
    acknowledged.push(...(await visit(guest, path)))
    acknowledged.push(...(await inside.ask('write', { count: WRITES })))
    return { acknowledged, problems: [] }
  },
}

const visit = async (guest, path) => {
  await guest.ask('open', { path })
  const acknowledged = await guest.ask('write', { count: WRITES })
  await guest.ask('close')
  await guest.end()
  return acknowledged
}

/** Another tool uses the file by SQLite, in a process of its own, with the same library: that is allowed. */
const usedByATool = {
  name: 'another program reads and writes the file by SQLite',
  run: async ({ path, member }) => {
    const [inside, tool] = [member(), member()]
    await inside.ask('open', { path })
    const acknowledged = await inside.ask('write', { count: WRITES })
    const statements = [
      'PRAGMA wal_autocheckpoint = 0',
      'CREATE TABLE IF NOT EXISTS theirs (a)',
      'INSERT INTO theirs VALUES (1)',
    ]
    await tool.ask('sql', { path, statements })
    await tool.end()
    acknowledged.push(...(await inside.ask('write', { count: WRITES })))
    return { acknowledged, problems: [] }
  },
}

/** A second installed copy of store and library in one process: their locks don't exclude each other. */
const twoCopies = {
  name: 'two installed copies of one driver in a process',
  run: async ({ path, member, folder }) => {
    const inside = member()
    await inside.ask('open', { path, through: installCopy(folder) })
    const acknowledged = await inside.ask('write', { count: WRITES })
    const barred = await refusalOf(inside.ask('writeTogether', { path, count: 50 * WRITES }))
    if (barred.refused === undefined) acknowledged.push(...barred.value)
    acknowledged.push(...(await inside.ask('write', { count: WRITES })))
    return { acknowledged, problems: [], ...(barred.refused && { refused: barred.refused }) }
  },
}

/** The bell that wakes others is deleted while somebody listens; who comes later makes a new one, and rings that. */
const bellDeleted = {
  name: 'the bell is deleted while somebody waits for it',
  run: async ({ path, member }) => {
    const listener = member()
    await listener.ask('open', { path })
    const acknowledged = await listener.ask('write', { count: 1 })
    await listener.ask('listen')
    const problems = []
    for (let time = 1; time <= 2; time += 1) {
      rmSync(`${path}-bell`, { force: true })
      const writer = member()
      await writer.ask('open', { path })
      // The deletion itself is heard: what counts is what comes after.
      await pause(DELETION_HEARD_MS)
      const before = await listener.ask('rings')
      acknowledged.push(...(await writer.ask('write', { count: 1 })))
      if (!(await within(async () => (await listener.ask('rings')) > before))) {
        problems.push(`work was not heard of within ${HEARD_WITHIN_MS} ms of deletion ${time} of the bell`)
      }
    }
    return { acknowledged, problems }
  },
}

/** A process whose number means nothing outside: alive, and then killed. */
const otherNamespace = {
  name: 'a process in a pid namespace of its own holds a lease',
  needs: ['unshare'],
  run: async ({ path, member }) => {
    const [outside, inside] = [member(), member({ inNamespace: true })]
    await outside.ask('open', { path })
    const processId = await inside.ask('open', { path })
    const acknowledged = await inside.ask('write', { count: WRITES })
    const problems = []
    const says = async (expected) => {
      const found = await outside.ask('probe', { processId })
      if (found !== expected) problems.push(`a process that is ${expected} is taken for ${found}`)
    }
    await says('alive')
    acknowledged.push(...(await outside.ask('write', { count: WRITES })))
    await inside.kill()
    if (!(await within(async () => (await outside.ask('probe', { processId })) === 'dead'))) await says('dead')
    return { acknowledged, problems }
  },
}

/**
 * What no store on POSIX locks can prevent: somebody opens and closes the file inside a process that has it open, which
 * drops that process's locks, and then another process, thinking that it is the last, takes the WAL away. What the first
 * one writes after that is refused.
 */
const stranger = {
  name: 'a library in the process opens and closes the file, while another process comes and goes',
  run: async ({ path, member }) => {
    const [inside, guest] = [member(), member()]
    await inside.ask('open', { path })
    const acknowledged = await inside.ask('write', { count: WRITES })
    await inside.ask('touch', { path })
    acknowledged.push(...(await visit(guest, path)))
    const barred = await refusalOf(inside.ask('write', { count: WRITES }))
    if (barred.refused === undefined) acknowledged.push(...barred.value)
    return { acknowledged, problems: [], ...(barred.refused && { refused: barred.refused }) }
  },
}

/**
 * The same in the middle of the work: the file is opened and closed, and the others leave, while write follows upon write.
 *
 * @type {Scenario}
 */
export const STRANGER_AT_WORK = {
  name: 'a library in the process opens and closes the file in the middle of its writes, while others come and go',
  run: async ({ path, member }) => {
    const [inside, guest] = [member(), member()]
    await inside.ask('open', { path })
    const written = inside.ask('writeOn', { path, touchAfter: WRITES })
    const acknowledged = await visit(guest, path)
    const { ids, refused } = await written
    return { acknowledged: [...acknowledged, ...ids], problems: [], ...(refused && { refused }) }
  },
}

/** @type {Scenario[]} */
export const SCENARIOS = [
  lookedAtByTheStore,
  usedByATool,
  twoCopies,
  bellDeleted,
  otherNamespace,
  stranger,
  STRANGER_AT_WORK,
]

const refusalOf = async (asked) => {
  try {
    return { value: await asked }
  } catch (error) {
    if (error instanceof Refused && error.code !== 'ended') return { refused: error.code }
    throw error
  }
}

const within = async (isSo) => {
  const deadlineMs = performance.now() + HEARD_WITHIN_MS
  while (performance.now() < deadlineMs) {
    if (await isSo()) return true
    await pause(LOOK_EVERY_MS)
  }
  return false
}

/** A project with a store and a libsql of its own, as a second package manager's tree has. */
const installCopy = (folder) => {
  const store = join(ROOT, 'packages/store')
  const modules = join(folder, 'copy/node_modules')
  const own = join(modules, '@holdfast/store')
  if (existsSync(own)) return entryOf(own)
  mkdirSync(own, { recursive: true })
  for (const part of ['package.json', 'dist', 'migrations'])
    cpSync(join(store, part), join(own, part), { recursive: true })
  for (const name of ['@holdfast/schema', 'drizzle-orm', 'uuid'])
    link(join(store, 'node_modules', name), join(modules, name))
  const libsql = realpathSync(join(store, 'node_modules/libsql'))
  const beside = dirname(libsql)
  const natives = readdirSync(join(beside, '@libsql')).map((name) => join('@libsql', name))
  for (const name of ['libsql', ...natives])
    cpSync(realpathSync(join(beside, name)), join(modules, name), { recursive: true })
  for (const name of ['@neon-rs', 'detect-libc']) link(join(beside, name), join(modules, name))
  return entryOf(own)
}

const entryOf = (own) => pathToFileURL(join(own, 'dist/sqlite/index.js')).href

const link = (from, to) => {
  mkdirSync(dirname(to), { recursive: true })
  symlinkSync(realpathSync(from), to)
}
