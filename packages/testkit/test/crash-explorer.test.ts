import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { crashExplorer, type CrashExplorerOptions, type CrashPoint, type ExploredRun } from '../src/crash/index.js'

const tasks = new URL('./fixtures/crash-tasks.mjs', import.meta.url)
const SLOW = 180_000

/** Every file that the handler has left, with what is in it. */
const files = ({ folder }: ExploredRun): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]))

const explore = (type: string, options: Partial<CrashExplorerOptions> = {}) =>
  crashExplorer({ tasks, submit: { type, input: { steps: 2 } }, observe: files, ...options })

// Of two steps: submitted, process registered, claimed, two checkpoints, completed.
const [REGISTER, FIRST_STEP, SECOND_STEP, COMPLETE] = [2, 4, 5, 6]

const justBefore = (write: number): CrashPoint => ({ write, moment: 'before' })
const rightAfter = (write: number): CrashPoint => ({ write, moment: 'after' })

describe('crashExplorer', () => {
  it(
    'kills a careful handler at each of its writes, until a run passes untouched, and finds nothing',
    async () => {
      const { writes, runs, outcome, violations } = await explore('careful', {
        submit: { type: 'careful', input: { steps: 1 } },
      })

      expect(violations).toEqual([])
      expect({ writes, runs }).toEqual({ writes: 5, runs: 10 })
      expect(outcome).toMatchObject({ state: 'completed', result: 1, error: null, observed: { 'effect-1': '1' } })
      expect(outcome.items).toMatchObject({ completed: 1, running: 0 })
    },
    SLOW,
  )

  it(
    'finds an effect that comes before the checkpoint which remembers it: right before that checkpoint lands, not after',
    async () => {
      const only = [justBefore(FIRST_STEP), rightAfter(FIRST_STEP), justBefore(SECOND_STEP), justBefore(COMPLETE)]

      const { runs, violations } = await explore('appending', { only })

      expect(runs).toBe(only.length)
      expect(violations).toMatchObject([
        {
          ...justBefore(FIRST_STEP),
          kind: 'outcome',
          journalled: ['checkpoint.appended'],
          found: { observed: { effects: '1\n1\n2\n' } },
        },
        { ...justBefore(SECOND_STEP), kind: 'outcome', found: { observed: { effects: '1\n2\n2\n' } } },
      ])
      expect(violations[0]?.journals.explored?.map(({ type }) => type)).toEqual([
        'item.enqueued',
        'lease.claimed',
        'lease.expired',
        'checkpoint.appended',
        'lease.claimed',
        'checkpoint.appended',
        'checkpoint.appended',
        'item.completed',
      ])
    },
    SLOW,
  )

  it(
    'finds a handler that begins anew whatever its checkpoints say: from its first effect on',
    async () => {
      const only = [rightAfter(FIRST_STEP), justBefore(SECOND_STEP), rightAfter(SECOND_STEP), justBefore(COMPLETE)]

      const { violations } = await explore('forgetful', { only })

      expect(violations.map(({ write, moment }) => ({ write, moment }))).toEqual(only.slice(1))
    },
    SLOW,
  )

  it(
    'finds state outside of the store that is ahead of the checkpoint: the result is another one',
    async () => {
      const { outcome, violations } = await explore('two-minded', {
        only: [justBefore(SECOND_STEP), rightAfter(SECOND_STEP)],
      })

      expect(outcome.result).toBe(3)
      expect(violations).toMatchObject([{ ...justBefore(SECOND_STEP), found: { state: 'completed', result: 1 } }])
    },
    SLOW,
  )

  it(
    'finds a task that has no attempt left to resume with',
    async () => {
      const { violations } = await explore('impatient', { only: [justBefore(REGISTER), justBefore(4)] })

      expect(violations).toMatchObject([{ ...justBefore(4), found: { state: 'failed', error: 'process.dead' } }])
    },
    SLOW,
  )

  it(
    'compares as the caller says, and explores a sample that its seed repeats',
    async () => {
      const equal: NonNullable<CrashExplorerOptions['equal']> = (one, other) => one.result === other.result

      const { runs, seed, violations } = await explore('appending', { equal, sample: 2, seed: 7 })

      expect({ runs, seed, violations }).toEqual({ runs: 2, seed: 7, violations: [] })
    },
    SLOW,
  )

  it(
    'takes a failure for an outcome like any other',
    async () => {
      const { outcome, violations } = await explore('failing', { only: [justBefore(3)] })

      expect(outcome).toMatchObject({ state: 'failed', error: 'test.no' })
      expect(violations).toEqual([])
    },
    SLOW,
  )

  it(
    'is refused where the undisturbed run doesn’t end by itself, with the reason',
    async () => {
      await expect(explore('suicidal')).rejects.toThrow('the undisturbed run ended with code 7')
      await expect(explore('nobody')).rejects.toThrow('no task definition is called nobody')
    },
    SLOW,
  )
})
