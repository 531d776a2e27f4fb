import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { race } from '../wal/race.mjs'
import { storm } from '../wal/storm.mjs'

/** A storm on a file of its own; the file is kept when it is damaged. */
const stormOn = async ({ folder, keep }, name, options) => {
  const place = join(folder, name)
  mkdirSync(place)
  const result = await storm({ path: join(place, 'store.db'), ...options })
  const evidence = result.violations.length > 0 ? { evidence: keep(place) } : {}
  rmSync(place, { recursive: true })
  return { ...result, violations: result.violations.map((violation) => ({ ...violation, ...evidence })) }
}

/**
 * First the protocol alone, on a SQLite whose race is easy to meet; then storms of the product, until there were enough
 * commits and enough time; then one beside an outside writer.
 */
const prove = async (context) => {
  const { load, save, isOver, progress } = context
  const state = context.state ?? {
    storms: 0,
    seconds: 0,
    commits: 0,
    resets: 0,
    guarded: undefined,
    outside: undefined,
  }
  if (state.guarded === undefined) {
    const { violations, ...guarded } = await raceOn(context, 'guarded', { seconds: load.raceSeconds })
    state.guarded = guarded
    if (violations.length > 0) return outcome(state, load, true, violations)
  }
  const isEnough = () => state.commits >= load.commits && state.seconds >= load.seconds
  while (!isEnough() && !isOver()) {
    const seconds = Math.min(load.stormSeconds, load.seconds)
    const found = await stormOn(context, `storm-${state.storms}`, { writers: load.writers, seconds })
    state.storms += 1
    state.seconds += seconds
    state.commits += found.commits
    state.resets += found.resets
    if (found.violations.length > 0) return outcome(state, load, true, found.violations)
    await save(state)
    progress(state.commits, load.commits, `commits, the WAL was begun anew ${state.resets} times`)
  }
  if (isEnough() && load.outsideSeconds > 0 && state.outside === undefined && !isOver()) {
    state.outside = await besideAnOutsideWriter(context)
    await save(state)
  }
  return outcome(state, load, isEnough() && (load.outsideSeconds === 0 || state.outside !== undefined), [])
}

/** A race on a file of its own. */
const raceOn = async ({ folder }, checkpoints, { seconds }) => {
  const place = mkdtempSync(join(folder, 'race-'))
  try {
    return await race({ path: join(place, 'race.db'), checkpoints, seconds })
  } finally {
    rmSync(place, { recursive: true })
  }
}

/** About every other race of a second loses something. */
const MOST_RACES = 40

const proveUnguarded = async (context) => {
  for (let races = 1; races <= MOST_RACES; races += 1) {
    const { commits, checkpoints, violations } = await raceOn(context, 'checkpoint', { seconds: 1 })
    if (violations.length > 0)
      return { done: true, passed: false, figures: { races, commits, checkpoints }, violations }
  }
  return { done: true, passed: true, figures: { races: MOST_RACES }, violations: [] }
}

/** No promise of ours, so no violation: what becomes of a file that somebody else writes to as SQLite comes. */
const besideAnOutsideWriter = async (context) => {
  const { load } = context
  const { commits, violations } = await stormOn({ ...context, keep: () => undefined }, 'outside', {
    writers: 2,
    seconds: load.outsideSeconds,
    outsiders: ['writes'],
  })
  const found = violations.map(({ what }) => what).join('; ') || 'no damage was seen'
  return `${found} (${commits} commits in ${load.outsideSeconds} s)`
}

const outcome = ({ storms, seconds, commits, resets, guarded, outside }, load, done, violations) => ({
  done,
  passed: violations.length === 0,
  figures: {
    storms,
    seconds,
    commits,
    'WAL begun anew': resets,
    'the protocol alone, with the race made easy': guarded,
    ...(outside ? { 'beside an outside writer with default settings': outside } : {}),
  },
  violations,
  reached: done ? { ...load } : {},
})

/** Shows that the checkpoint protocol keeps clear of the WAL-reset race of SQLite before 3.51.3. */
export const row = {
  name: 'wal-storm',
  title: 'Commits of several processes beside the store’s own WAL checkpoints, on a SQLite that has the WAL-reset race',
  promises: ['P3'],
  needs: ['cc'],
  folders: ['wal'],
  loads: {
    full: { commits: 5_000_000, seconds: 600, stormSeconds: 60, writers: 4, raceSeconds: 60, outsideSeconds: 60 },
    quick: { commits: 1_000, seconds: 4, stormSeconds: 4, writers: 2, raceSeconds: 2, outsideSeconds: 0 },
  },
  prove,
  mistakes: [{ name: 'WAL checkpoints without the write lock', prove: proveUnguarded }],
}
