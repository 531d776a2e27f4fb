import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { explore, rebuild } from '../power-loss/explore.mjs'
import { record } from '../power-loss/record.mjs'
import { replayDifferences } from '../power-loss/replay.mjs'
import { withScratch } from '../power-loss/scratch.mjs'
import { mutated } from '../support/mutate.mjs'
import { SCENARIOS } from './scenarios.mjs'

/**
 * A copy that the kernel makes by itself (copy_file_range, which libuv calls directly) is one that no preload library
 * sees. What is recorded copies by reading and writing.
 */
const VISIBLE_COPY = {
  file: 'packages/store/dist/sqlite/backup/restore-copy.js',
  replace: 'copyFileSync(from, partial, constants.COPYFILE_EXCL);',
  by: `{ const fs = process.getBuiltinModule('node:fs'); fs.writeFileSync(partial, fs.readFileSync(from), { flag: 'wx' }) }`,
}

const PROGRAM = join(import.meta.dirname, 'program.mjs')
const CHECKER = join(import.meta.dirname, 'checker.mjs')

/** A bell, a line of waiters and a lock hold nothing: disks that differ in them alone are one disk. */
const holdsSomething = (path) => !/-(bell|want|ckpt)$|-processes/.test(path)

/**
 * Proves scenarios in turn, each recorded anew with other contents, until so many disks were judged.
 *
 * @param {object} [options]
 * @param {readonly string[]} [options.names] Which; all of them unless said.
 * @param {Parameters<typeof mutated>} [options.mistake] What is wrong with the product.
 */
export const prove =
  ({ names = Object.keys(SCENARIOS), mistake } = {}) =>
  async (context) => {
    const { load } = context
    let figures = context.state ?? { episodes: 0, events: 0, disks: 0, judged: 0, unconfirmed: 0, disksOf: {} }
    const isEnough = () => figures.disks >= load.disks && figures.episodes >= names.length
    while (!isEnough() && !context.isOver()) {
      const name = names[figures.episodes % names.length]
      const episode = await withScratch((scratch) => proveOne({ name, mistake, context, figures, scratch }))
      figures = episode.figures
      if (episode.violations.length > 0) return { done: true, passed: false, figures, violations: episode.violations }
      await context.save(figures)
    }
    const isDone = isEnough()
    const reached = isDone ? { reached: { disks: figures.disks } } : {}
    return { done: isDone, passed: true, figures, violations: [], ...reached }
  }

const proveOne = async ({ name, mistake, context, figures, scratch }) => {
  const { load } = context
  const seed = context.seed * 1_000 + figures.episodes
  const { nodeArgs } = mutated(VISIBLE_COPY, ...(mistake ?? []))
  const { recording, before, after } = await recorded({ name, scratch, seed, nodeArgs })
  const differences = replayDifferences(recording)
  if (differences.length > 0)
    return {
      figures,
      violations: differences.map((what) => ({ what: `${name}: the log isn't what happened: ${what}` })),
    }
  const doneAt = recording.events.find(({ said }) => said?.said === 'done')?.at ?? Number.POSITIVE_INFINITY
  const explored = await explore(recording, {
    seed,
    scratch,
    disks: load.disksPerEpisode,
    checker: { module: CHECKER, knowledge: { name, before, after }, processes: load.checkers },
    judge: ({ isNew }, at) => (at > doneAt && !isNew ? [`${name} had been done, and is undone`] : []),
    counts: holdsSomething,
    firstOnly: mistake !== undefined,
    isOver: context.isOver,
    onProgress: (disks) => context.progress(figures.disks + disks, load.disks, `disks; ${name}`),
  })
  return {
    figures: {
      episodes: figures.episodes + 1,
      events: figures.events + recording.events.length,
      disks: figures.disks + explored.disks,
      judged: figures.judged + explored.judged,
      unconfirmed: figures.unconfirmed + explored.unconfirmed,
      disksOf: { ...figures.disksOf, [name]: (figures.disksOf[name] ?? 0) + explored.disks },
    },
    violations: explored.violations.map(({ what, crash }) => {
      const folder = join(scratch, `crash-at-${crash.at}-${crash.seed}`)
      rebuild(recording, crash, folder)
      return { what: `${name}: ${what}`, seed, crash, evidence: context.keep(folder) }
    }),
  }
}

const recorded = async ({ name, scratch, seed, nodeArgs }) => {
  const folder = join(scratch, 'folder')
  mkdirSync(folder)
  prepare(name, folder, seed)
  const before = known(name, folder, scratch)
  const recording = await record(folder, { script: PROGRAM, args: ['run', name, folder], nodeArgs })
  const after = known(name, folder, scratch)
  return { recording, before, after }
}

/** It may end itself by a kill: that is what leaves a log behind. */
const prepare = (name, folder, seed) => {
  const { status, signal, stderr } = spawnSync(process.execPath, [PROGRAM, 'prepare', name, folder, String(seed)], {
    encoding: 'utf8',
  })
  if (status !== 0 && signal !== 'SIGKILL') throw new Error(`${name} could not be prepared: ${stderr}`)
}

/** Of a copy: the folder itself is left alone. */
const known = (name, folder, scratch) => {
  const copy = join(scratch, `known-${process.hrtime.bigint()}`)
  cpSync(folder, copy, { recursive: true })
  return JSON.parse(execFileSync(process.execPath, [PROGRAM, 'know', name, copy], { encoding: 'utf8' }))
}
