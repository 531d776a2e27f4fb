import { join } from 'node:path'
import { explore, rebuild } from '../explore.mjs'
import { replayDifferences } from '../replay.mjs'
import { recordRun } from '../run/record-run.mjs'
import { withScratch } from '../scratch.mjs'
import { acknowledgementsIn, effectsOf } from './effects.mjs'
import { judgePower, judgeProcess } from './judge.mjs'

const CHECKER = join(import.meta.dirname, 'checker.mjs')

/** Disks are counted apart by their database, its WAL and its journal. Locks and bells beside it don't make another one. */
const isDatabase = (path) => /\.db(-wal|-journal)?$/.test(path)

const NOTHING_YET = {
  episodes: 0,
  acknowledgements: 0,
  events: 0,
  disks: 0,
  opened: 0,
  judged: 0,
  unconfirmed: 0,
  disksWithLosses: 0,
  mostLost: 0,
}

/**
 * Proves a level by episodes until the load is reached: the product is recorded at work on a new file, then the power
 * goes at every point of the recording. Small files make disks cheap, and each episode has process starts of its own.
 *
 * @param {object} options
 * @param {'power' | 'process'} options.level
 * @param {() => { nodeArgs: readonly string[] }} [options.mistake] What is wrong with the product that is recorded.
 * @param {() => { nodeArgs: readonly string[] }} [options.mistakeAtStart] What is wrong with the one that opens the disks.
 * @param {object} [options.run] More about the recorded run; see `record-run.mjs`.
 * @returns {(context: import('../../support/context.mjs').Context) => Promise<import('../../support/rows.mjs').Outcome>}
 */
export const prove =
  ({ level, mistake, mistakeAtStart, run = {} }) =>
  async (context) => {
    const isWrong = mistake !== undefined || mistakeAtStart !== undefined
    const product = { level, run, isWrong, recorded: argsOf(mistake), opening: argsOf(mistakeAtStart) }
    const { load } = context
    let figures = context.state ?? NOTHING_YET
    const { seeds = 1 } = load
    const isEnough = () =>
      figures.acknowledgements >= load.acknowledgements && figures.disks >= load.disks && figures.episodes >= seeds
    while (!isEnough() && !context.isOver()) {
      const episode = await withScratch((scratch) => proveEpisode({ product, figures, context, scratch }))
      figures = episode.figures
      if (episode.violations.length > 0) return { done: true, passed: false, figures, violations: episode.violations }
      await context.save(figures)
    }
    const done = isEnough()
    const { acknowledgements, disks } = figures
    return {
      done,
      passed: true,
      figures,
      violations: [],
      ...(done ? { reached: { seeds, acknowledgements, disks } } : {}),
    }
  }

const argsOf = (mistake) => mistake?.().nodeArgs ?? []

const proveEpisode = async ({ product, figures, context, scratch }) => {
  const { load, isOver, progress } = context
  const { level, run, isWrong, recorded, opening } = product
  const seed = seedOf(context, figures.episodes)
  const recording = await recordRun({
    scratch,
    seed,
    level,
    isWrong,
    nodeArgs: recorded,
    tasks: load.tasksPerEpisode,
    ...run,
  })
  const differences = replayDifferences(recording)
  if (differences.length > 0) {
    return { figures, violations: differences.map((what) => ({ what: `the log isn't what happened: ${what}` })) }
  }
  const losses = new Losses(level)
  const options = {
    seed,
    scratch,
    disks: load.disksPerEpisode,
    checker: {
      module: CHECKER,
      knowledge: { effects: effectsOf(recording.events), level },
      nodeArgs: opening,
      processes: load.checkers,
    },
    judge: (facts, at) => losses.judge(facts, at),
    counts: isDatabase,
    firstOnly: isWrong,
    isOver,
    onProgress: (disks) => progress(Math.min(figures.disks + disks, load.disks - 1), load.disks, 'disks'),
  }
  const explored = await explore(recording, options)
  return {
    figures: summed(figures, recording, explored, losses),
    violations: explored.violations.map(({ what, crash }) => ({
      what,
      seed,
      crash,
      evidence: kept(recording, crash, scratch, context),
    })),
  }
}

/** Episodes take turns with the seeds that follow the asked one, and are numbered within each. */
const seedOf = ({ seed, load: { seeds = 1 } }, episode) =>
  (seed + (episode % seeds)) * 1_000 + Math.floor(episode / seeds)

/** The disk itself, for whoever wants to open it. */
const kept = (recording, crash, scratch, context) => {
  const folder = join(scratch, `crash-at-${crash.at}-${crash.seed}`)
  rebuild(recording, crash, folder)
  return context.keep(folder)
}

const summed = (figures, { events }, explored, losses) => ({
  episodes: figures.episodes + 1,
  acknowledgements: figures.acknowledgements + acknowledgementsIn(events),
  events: figures.events + events.length,
  disks: figures.disks + explored.disks,
  opened: figures.opened + explored.opened,
  judged: figures.judged + explored.judged,
  unconfirmed: figures.unconfirmed + explored.unconfirmed,
  disksWithLosses: figures.disksWithLosses + losses.judgements,
  mostLost: Math.max(figures.mostLost, losses.most),
})

/** Judges by the level, and counts what level `process` may lose. */
class Losses {
  judgements = 0
  most = 0

  constructor(level) {
    this.level = level
  }

  judge(facts, at) {
    if (this.level === 'power') return judgePower(facts, at)
    const lost = facts.missing.filter((effect) => effect.at < at).length
    if (lost > 0) this.judgements += 1
    this.most = Math.max(this.most, lost)
    return judgeProcess(facts)
  }
}
