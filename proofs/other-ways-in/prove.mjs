import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { missingTools } from '../support/tools.mjs'
import { startMember } from './members.mjs'
import { mutated } from '../support/mutate.mjs'
import { SCENARIOS, STRANGER_AT_WORK } from './scenarios.mjs'

/**
 * Lets every other way into a store happen, `rounds` times, and looks by a fresh process for all that was acknowledged.
 * Each has to be refused or survived.
 *
 * @param {import('../support/context.mjs').Context} context
 * @param {{ nodeArgs?: string[], only?: string }} [product] Flags that make the product wrong on purpose, and the scenario
 * that has to notice.
 * @returns {Promise<import('../support/rows.mjs').Outcome>}
 */
export const proveOtherWaysIn = async (context, { nodeArgs = [], only } = {}) => {
  const { load, folder } = context
  const state = context.state ?? { rounds: 0, figures: { acknowledged: 0, refused: {}, survived: {} }, violations: [] }
  const scenarios = SCENARIOS.filter(({ name }) => only === undefined || name === only)
  while (state.rounds < load.rounds && state.violations.length === 0 && !context.isOver()) {
    for (const scenario of scenarios) {
      const { needs = [], name } = scenario
      const missing = missingTools(needs)
      if (missing.length > 0) context.log(`skipped: ${name}: it needs ${missing.join(', ')}`)
      else add(state, scenario, await play(scenario, { place: join(folder, 'place'), folder, nodeArgs }), context)
    }
    state.rounds += 1
    await context.save(state)
    context.progress(state.rounds, load.rounds)
  }
  const { rounds, violations } = state
  const done = rounds === load.rounds || violations.length > 0
  const figures =
    done && load.strangers ? { ...state.figures, lockNotShown: await figuresWithoutLock(context) } : state.figures
  const reached = { rounds, ...(load.strangers && { strangers: load.strangers }) }
  return { done, passed: violations.length === 0, figures, violations, notes: load.strangers ? NOTES : [], reached }
}

const NOTES = [
  "`lockNotShown` is the same store on a system that doesn't show a process its own locks (no `/proc`). There the loss of the WAL is seen by its number alone, so a commit that falls between the other process's last copy and its removal of the WAL is acknowledged and lost. It is counted here, and not demanded.",
]

const add = ({ figures, violations }, { name }, { acknowledged, refused, problems }, context) => {
  figures.acknowledged += acknowledged
  const counts = refused ? figures.refused : figures.survived
  const outcome = refused ? `${name}: ${refused}` : name
  counts[outcome] = (counts[outcome] ?? 0) + 1
  for (const problem of problems) context.log(`${name}: ${problem}`)
  violations.push(...problems.map((problem) => ({ what: `${name}: ${problem}` })))
}

const LOCK_NOT_SHOWN = {
  file: 'packages/store/dist/sqlite/own-lock.js',
  replace: `const INFO = '/proc/self/fdinfo'`,
  by: `const INFO = '/proc/of-another-system'`,
}

/** What is counted, and not demanded. */
const figuresWithoutLock = async ({ load, folder }) => {
  const { nodeArgs } = mutated(LOCK_NOT_SHOWN)
  const figures = { acknowledged: 0, lost: 0 }
  for (let time = 0; time < load.strangers; time += 1) {
    const { acknowledged, lost } = await play(STRANGER_AT_WORK, { place: join(folder, 'place'), folder, nodeArgs })
    figures.acknowledged += acknowledged
    figures.lost += lost
  }
  return figures
}

/** Plays one scenario on a new file, kills everybody, and has a fresh process look. */
const play = async ({ run }, { place, folder, nodeArgs }) => {
  mkdirSync(place)
  const path = join(place, 'holdfast.db')
  const members = []
  const member = (options = {}) => {
    members.push(startMember({ nodeArgs, ...options }))
    return members.at(-1)
  }
  try {
    const seen = await attempt(() => run({ path, member, folder }))
    for (const each of members) await each.kill()
    return await lookAfter(seen, path, member)
  } finally {
    for (const each of members) await each.kill()
    rmSync(place, { recursive: true, force: true })
  }
}

/** A process that ended, or an order that was refused unexpectedly, is a problem of the scenario. */
const attempt = async (run) => {
  try {
    return await run()
  } catch (error) {
    return { acknowledged: [], problems: [error.message] }
  }
}

const lookAfter = async ({ acknowledged, problems, refused }, path, member) => {
  const fresh = member({ nodeArgs: [] })
  await fresh.ask('open', { path })
  const found = new Set(await fresh.ask('read', { ids: acknowledged }))
  const lost = acknowledged.filter((id) => !found.has(id)).length
  const integrity = await fresh.ask('integrity', { path })
  return {
    acknowledged: acknowledged.length,
    lost,
    refused,
    problems: [
      ...problems,
      ...(lost > 0 ? [`${lost} of ${acknowledged.length} acknowledged tasks are gone`] : []),
      ...(integrity === 'ok' ? [] : [`the file contradicts itself: ${integrity}`]),
    ],
  }
}
