import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { randomFrom } from '../support/random.mjs'
import { migrationsWith } from './migrations.mjs'
import { starters } from './starters.mjs'

const LOOK = join(import.meta.dirname, 'look.mjs')
/** What the slow migration takes at most, on a machine that has time for it. */
const MIGRATION_MS = 400
const VIOLATIONS_ENOUGH = 10
const SAVE_EVERY = 10

/**
 * Has processes open one file at the same moment: one that isn't there, one that is behind by a step or two, one whose
 * migration was killed in the middle. Every step has to run once, everybody who is told that he started has to find
 * his write again, and who doesn't start has to say why.
 *
 * @param {import('../support/context.mjs').Context} context
 * @param {{ nodeArgs?: string[] }} [product] Flags that make the product wrong on purpose.
 * @returns {Promise<import('../support/rows.mjs').Outcome>}
 */
export const proveStartRace = async (context, { nodeArgs = [] } = {}) => {
  const { load, seed, folder } = context
  const { enough = VIOLATIONS_ENOUGH } = load
  const state = context.state ?? { rounds: 0, figures: newFigures(), violations: [] }
  const setup = await prepare(folder)
  const racers = starters(load.processes, nodeArgs)
  try {
    while (state.rounds < load.rounds && state.violations.length < enough && !context.isOver()) {
      const kind = KINDS[state.rounds % KINDS.length]
      const place = join(folder, `round-${state.rounds}`)
      mkdirSync(place)
      const round = await race({ kind, place, setup, racers, random: randomFrom(seed + state.rounds) })
      addTo(state, kind, round)
      if (round.problems.length > 0) context.keep(place)
      rmSync(place, { recursive: true, force: true })
      state.rounds += 1
      context.progress(state.rounds, load.rounds, `${state.violations.length} violations`)
      if (state.rounds % SAVE_EVERY === 0) {
        racers.stop() // New processes: those of before have seen many files.
        await context.save(state)
      }
    }
  } finally {
    racers.stop()
  }
  await context.save(state)
  const { rounds, figures, violations } = state
  const done = rounds === load.rounds || violations.length >= enough
  return { done, passed: violations.length === 0, figures, violations, reached: { rounds, processes: load.processes } }
}

const newFigures = () => ({ started: 0, refused: {}, killed: 0, killedInTheMiddle: 0, slowestStartMs: 0 })

/** What the file is before the race. */
const KINDS = ['no file', 'one step behind', 'two steps behind', 'killed while it was made', 'killed while it migrated']

/** Old files are made once, by a store that knew no more. */
const prepare = async (folder) => {
  const [oldest, older, newest] = [0, 1, 2].map((more) => migrationsWith(join(folder, `migrations-${more}`), more))
  const maker = starters(1)
  const make = async (name, migrations) => {
    const path = join(folder, name, 'holdfast.db')
    mkdirSync(join(folder, name))
    const [{ taskId, refused }] = await maker.startAll({ path, migrations: migrations.folder })
    if (taskId === undefined) throw new Error(`no file could be made: ${JSON.stringify(refused)}`)
    return { folder: join(folder, name), taskId }
  }
  try {
    return { newest, one: await make('one-behind', older), two: await make('two-behind', oldest) }
  } finally {
    maker.stop()
  }
}

const race = async ({ kind, place, setup, racers, random }) => {
  const { newest } = setup
  const path = join(place, 'holdfast.db')
  const request = { path, migrations: newest.folder }
  const from = { 'one step behind': setup.one, 'two steps behind': setup.two, 'killed while it migrated': setup.two }[
    kind
  ]
  if (from) cpSync(from.folder, place, { recursive: true })
  const isKilled = kind.startsWith('killed')
  const wasInTheMiddle = isKilled && (await racers.startAndKill(request, random.between(5, MIGRATION_MS)))
  const answers = await racers.startAll(request)
  const problems = problemsOf(answers, await look(path), newest, from?.taskId)
  return { answers, isKilled, wasInTheMiddle, problems }
}

const look = async (path) => {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [LOOK, path])
    return JSON.parse(stdout)
  } catch (error) {
    return { failed: String(error.stderr || error.message).slice(-500) }
  }
}

const problemsOf = (answers, found, { versions, steps }, taskId) => {
  const failures = answers.filter(({ ended, refused }) => ended ?? (refused && refused.code !== 'store.busy'))
  const acknowledged = [taskId, ...answers.map((answer) => answer.taskId)].filter((id) => id !== undefined)
  if (found.failed) return [`the file can't be read afterwards: ${found.failed}`]
  const lost = acknowledged.filter((id) => !found.tasks.includes(id))
  return [
    ...failures.map(({ ended, refused }) =>
      ended ? `a process ended: ${ended}` : `${refused.code}: ${refused.message}`,
    ),
    ...differing('migrations recorded', found.applied, versions),
    ...differing('steps that ran', found.ran, steps),
    ...differing('versions', found.version, [versions.at(-1)]),
    ...differing('properties', found.properties, ['durability', 'store_id']),
    ...differing('integrity', found.integrity, ['ok']),
    ...(lost.length > 0 ? [`${lost.length} acknowledged tasks are gone`] : []),
  ]
}

const differing = (what, found, expected) =>
  JSON.stringify(found) === JSON.stringify(expected) ? [] : [`${what}: ${found.join(', ')}, not ${expected.join(', ')}`]

const addTo = ({ figures, violations, rounds }, kind, { answers, isKilled, wasInTheMiddle, problems }) => {
  for (const { taskId, tookMs, refused } of answers) {
    if (taskId) figures.started += 1
    if (refused) figures.refused[refused.code] = (figures.refused[refused.code] ?? 0) + 1
    figures.slowestStartMs = Math.max(figures.slowestStartMs, Math.round(tookMs ?? 0))
  }
  figures.killed += Number(isKilled)
  figures.killedInTheMiddle += Number(wasInTheMiddle)
  violations.push(...problems.map((problem) => ({ what: `round ${rounds}, ${kind}: ${problem}` })))
}
