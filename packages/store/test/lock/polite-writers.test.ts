import { describe, expect, it } from 'vitest'
import { type Simulated, type SimulatedWriter, simulate } from './simulated-writers.js'

/** Commits of one operation each at 1 ms a sync, the next one ready at once: nobody gets in between by chance. */
const ONE_CALLER: SimulatedWriter = { holdMs: 1.05, prepareMs: 0.01 }
/** Groups of 32 operations, and the callers' own work between them. */
const MANY_CALLERS: SimulatedWriter = { holdMs: 1.6, prepareMs: 0.6 }
/** Groups of 128 operations that are slow. */
const LARGE_GROUPS: SimulatedWriter = { holdMs: 4, prepareMs: 0.5 }

const crowd = (size: number, writer: SimulatedWriter): readonly SimulatedWriter[] =>
  Array.from({ length: size }, () => writer)
const total = ({ commits }: Simulated): number => commits.reduce((sum, count) => sum + count, 0)
const fairness = ({ commits }: Simulated): number => Math.min(...commits) / Math.max(...commits)

describe.each([
  ['one caller each', ONE_CALLER],
  ['many callers each', MANY_CALLERS],
  ['large groups', LARGE_GROUPS],
])('processes that always have something to write: %s', (_, writer) => {
  it.each([
    [2, 0.8],
    [4, 0.8],
    [8, 0.7],
  ])('%i of them share the lock, the least served having at least %f of the most', (size, least) => {
    const run = simulate(crowd(size, writer))

    expect(fairness(run)).toBeGreaterThan(least)
    expect(run.p99Ms).toBeLessThan(60)
  })

  it('are together at least 0.9 as fast as one alone', () => {
    const alone = total(simulate([writer]))

    for (const size of [2, 4, 8]) expect(total(simulate(crowd(size, writer)))).toBeGreaterThan(0.9 * alone)
  })
})

describe('a process among others', () => {
  it('is starved by one that never leaves the lock to it', () => {
    const greedy = { ...ONE_CALLER, holdMs: 5, turnMs: Number.POSITIVE_INFINITY }
    const polite = { ...greedy, turnMs: undefined }

    const [, starved] = simulate([greedy, ONE_CALLER]).commits
    const [, served] = simulate([polite, ONE_CALLER]).commits

    expect(Number(starved)).toBeLessThan(Number(served) / 5)
  })

  it('gets its turns also when it can ask every two milliseconds at most, as an inline writer on a busy loop', () => {
    const inline = { ...ONE_CALLER, shortestPauseMs: 2 }

    const { commits } = simulate([inline, ...crowd(3, ONE_CALLER)])

    expect(Math.min(...commits) / Math.max(...commits)).toBeGreaterThan(0.3)
  })

  it('waits for a few turns only when it writes now and then among seven that always do', () => {
    const { commits } = simulate([{ holdMs: 1.1, prepareMs: 100 }, ...crowd(7, ONE_CALLER)])

    expect(commits[0]).toBeGreaterThan(10_000 / (100 + 60))
  })
})
