import { mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { LifeProcess } from '../io-errors/life-process.mjs'
import { proveByPrograms } from '../io-errors/programs.mjs'
import { mutated } from '../support/mutate.mjs'
import { randomFrom } from '../support/random.mjs'

/** A writer that keeps next to nothing in memory, so that pages go to the log in the middle of a group. */
const TINY_CACHE = {
  file: 'packages/store/dist/sqlite/settings.js',
  replace: 'writer: -16_384',
  by: 'writer: -64',
}

/** Every kind of fault, tried at every place: `errors × once or for ever`, whole and in part, with room and without. */
const FAULTS = [
  ...['EIO', 'ENOSPC'].flatMap((error) =>
    [false, true].flatMap((forEver) => [
      { kind: 'write', error, forEver },
      { kind: 'sync', error, forEver, reverts: true },
      { kind: 'truncate', error, forEver },
      { kind: 'write', error, forEver, tinyCache: true },
    ]),
  ),
  { kind: 'write', error: 'EIO', forEver: false, torn: 'torn' },
  { kind: 'write', error: 'EIO', forEver: false, torn: 'short' },
]

const nameOf = ({ kind, error, forEver, tinyCache, torn }) =>
  [error, 'at', torn ?? '', kind, forEver ? 'for ever' : 'once', tinyCache ? 'with a tiny cache' : '']
    .filter((word) => word !== '')
    .join(' ')

/** Beyond this every one of a kind is no longer tried, but every tenth. */
const nextPlace = (at, { every, step }) => (at < every ? at + 1 : at + step)

/** Lives side by side. */
const PROCESSES = 2

const EMPTY = { lives: 0, acknowledged: 0, refused: 0, unknown: 0, longestRecoveryMs: 0, lastPlace: 0 }

/** Each fault at every place until a life comes through without meeting it; then the real programs. */
const proveEverywhere = async (context) => {
  const { load, save, isOver, progress } = context
  const state = context.state ?? {
    next: Object.fromEntries(FAULTS.map((fault) => [nameOf(fault), 1])),
    /** Lives that were begun and have no outcome: those of a run that was ended are lived again. */
    begun: [],
    figures: {},
    violations: [],
  }
  const again = [...state.begun]
  await inProcesses(context, async (live) => {
    while (!isOver() && state.violations.length === 0) {
      const life = again.shift() ?? nextLife(state, load)
      if (!life) return
      const { fault, at } = life
      const name = nameOf(fault)
      const outcome = await live({ ...fault, at })
      state.begun = state.begun.filter((other) => other !== life)
      note(state, name, at, outcome)
      // It has lived beyond the last place of this kind.
      if (outcome.failures === 0) state.next[name] = null
      progress(livesIn(state), 0, name)
      await save(state)
    }
  })
  const isThrough = Object.values(state.next).every((place) => place === null) && state.begun.length === 0
  if (!isThrough || isOver()) return outcomeOf(state, { done: false })
  const programs = await proveByPrograms(context, load.programs)
  const reached = { every: load.every, step: load.step, programs: load.programs }
  return outcomeOf(state, { done: programs.done, programs, reached })
}

/** The next place of the first fault that isn't through; undefined when all are. */
const nextLife = (state, load) => {
  const fault = FAULTS.find((each) => state.next[nameOf(each)] !== null)
  if (!fault) return undefined
  const at = state.next[nameOf(fault)]
  state.next[nameOf(fault)] = nextPlace(at, load)
  const life = { fault, at }
  state.begun.push(life)
  return life
}

/** As many lives as the load says, each with a fault that the seed chooses. */
const proveBySample = (faults, nodeArgs) => async (context) => {
  const { load, seed } = context
  const random = randomFrom(seed)
  const state = { figures: {}, violations: [] }
  const chosen = Array.from({ length: load.lives }, (_, i) => {
    const fault = faults[i % faults.length]
    // A life has some three thousand writes, thirty syncs and a truncate or two.
    const most = { write: 2_500, sync: 28, truncate: 1 }[fault.kind]
    const { from = 1 } = fault
    return { ...fault, at: Math.floor(from * (most / from) ** random.float()) }
  })
  await inProcesses(
    context,
    async (live) => {
      for (let fault = chosen.shift(); fault && state.violations.length === 0; fault = chosen.shift())
        note(state, nameOf(fault), fault.at, await live(fault))
    },
    nodeArgs,
  )
  return outcomeOf(state, { done: true, reached: { lives: load.lives } })
}

/** A quick look: a sample of lives, and a few faults under the real programs. */
const proveQuick = async (context) => {
  const lives = await proveBySample(FAULTS)(context)
  const programs = await proveByPrograms(context, context.load.programs)
  const violations = [...lives.violations, ...programs.violations]
  return {
    ...lives,
    figures: { ...lives.figures, programs: programs.figures },
    violations,
    passed: violations.length === 0,
  }
}

/** Runs `work` beside itself, each with a way to live a life; those with a tiny cache need a process of their own. */
const inProcesses = async ({ folder }, work, nodeArgs = []) => {
  const root = realpathSync(folder)
  const started = []
  const processes = (name, args) => {
    const home = join(root, name)
    mkdirSync(home)
    const made = new LifeProcess({ folder: home, nodeArgs: args })
    started.push(made)
    return made
  }
  let lives = 0
  try {
    await Promise.all(
      Array.from({ length: PROCESSES }, async (_, i) => {
        const usual = processes(`usual-${i}`, nodeArgs)
        const tiny = processes(`tiny-${i}`, nodeArgs.length > 0 ? nodeArgs : mutated(TINY_CACHE).nodeArgs)
        await work(({ tinyCache = false, ...fault }) => {
          lives += 1
          return (tinyCache ? tiny : usual).live({ name: `life-${lives}`, fault })
        })
      }),
    )
  } finally {
    await Promise.all(started.map((each) => each.stop()))
  }
}

const note = (state, name, at, { violations, acknowledged = 0, refused = 0, unknown = 0, recoveryMs, failures }) => {
  const sum = state.figures[name] ?? { ...EMPTY }
  state.figures[name] = sum
  sum.lives += 1
  sum.acknowledged += acknowledged
  sum.refused += refused
  sum.unknown += unknown
  if (failures > 0) sum.lastPlace = Math.max(sum.lastPlace, at)
  sum.longestRecoveryMs = Math.max(sum.longestRecoveryMs, Math.round(recoveryMs))
  state.violations.push(...violations.map((violation) => ({ ...violation, fault: name, at })))
}

const livesIn = ({ figures }) => Object.values(figures).reduce((sum, { lives }) => sum + lives, 0)

const outcomeOf = ({ figures, violations }, { done, programs = { figures: {}, violations: [] }, reached }) => {
  const all = [...violations, ...programs.violations]
  return {
    done,
    passed: all.length === 0,
    figures: { faults: figures, lives: livesIn({ figures }), programs: programs.figures },
    violations: all,
    reached,
    notes: [
      'lives: one process with the real store at shipped settings (writer and reader threads, checkpointer); programs: API and worker over HTTP on one file',
    ],
  }
}

const GROUP = 'packages/store/dist/sqlite/group.js'
const WATCH = 'packages/store/dist/sqlite/driver/transaction-watch.js'

/** The product with these texts replaced, tried with the faults that should show it. */
const mistake = (name, faults, ...changes) => ({
  name,
  load: { lives: 24 },
  prove: (context) => proveBySample(faults, mutated(...changes).nodeArgs)(context),
})

/** A fault in the work, behind what it takes to make the file. */
const once = (kind, error, more = {}) => ({ kind, error, forEver: false, from: kind === 'sync' ? 8 : 400, ...more })

export const row = {
  name: 'io-errors',
  title: 'Every write, sync and truncate of a store fails once, and for ever: EIO and ENOSPC',
  promises: ['P3', 'P6', 'P7'],
  needs: ['cc'],
  folders: ['io-errors', 'failing-disk'],
  loads: { full: { every: 300, step: 10, programs: 60 }, quick: { lives: 18, programs: 2 } },
  prove: (context) => (context.load.every ? proveEverywhere(context) : proveQuick(context)),
  mistakes: [
    mistake(
      'an error at COMMIT is taken for success',
      [once('sync', 'EIO', { reverts: true }), once('write', 'EIO')],
      {
        file: GROUP,
        replace: "return { state: 'undone', error, worthAlone: error.code !== StoreBusyError.code };",
        by: "return { state: 'committed', verdicts };",
      },
      {
        file: GROUP,
        replace: 'return settle(connection, verdicts, error, context);',
        by: "return { state: 'committed', verdicts };",
      },
    ),
    mistake('a sync that failed is made up for by the next one', [once('sync', 'EIO', { reverts: true })], {
      file: GROUP,
      replace: 'const landed = marker.isThere();',
      by: 'const landed = true;',
    }),
    mistake(
      'nobody asks whether the transaction is still there after a statement failed',
      [once('write', 'ENOSPC')],
      TINY_CACHE,
      {
        file: GROUP,
        replace: 'if (!connection.inTransaction)\n        throw new InvariantError(`$',
        by: 'if (false)\n        throw new InvariantError(`$',
      },
      {
        file: GROUP,
        replace: 'if (!connection.inTransaction || isGroupFatal(cause) || error.code',
        by: 'if (error.code',
      },
      // Each operation by itself: a batch that fails is undone and tried again by another way.
      { file: GROUP, replace: 'calls.length > 1 ?', by: 'false ?' },
      {
        file: GROUP,
        replace: "connection.exec('COMMIT');\n        return committed",
        by: "if (connection.inTransaction)\n            connection.exec('COMMIT');\n        return committed",
      },
      { file: WATCH, replace: 'if (this.#begun && !BEGIN.test(sql))\n                throw lost();', by: '' },
      { file: WATCH, replace: '        if (this.#begun)\n            throw lost();', by: '' },
      {
        file: GROUP,
        replace: "    connection.exec('RELEASE operation');\n",
        by: "    try { connection.exec('RELEASE operation'); } catch {}\n",
      },
      {
        file: GROUP,
        replace: "        connection.exec('ROLLBACK TO operation');\n",
        by: "        try { connection.exec('ROLLBACK TO operation'); } catch {}\n",
      },
    ),
  ],
}
