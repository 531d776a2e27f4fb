import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { storm } from '../kill-storm/storm.mjs'
import { answeredBeforeTheCommit, deadAreNotNoticed, endedWithoutGuard } from '../storm/mistakes.mjs'
import { randomFrom } from '../support/random.mjs'

/** Storms on new files, one after the other, until there were enough kills and enough acknowledgements. */
const prove =
  (options = {}) =>
  async (context) => {
    const { load, folder, seed } = context
    const state = context.state ?? { storms: 0, figures: {} }
    const isEnough = () => state.figures.kills >= load.kills && state.figures.operations >= load.operations
    while (!isEnough() && !context.isOver()) {
      const place = join(folder, `storm-${state.storms}`)
      mkdirSync(place)
      const random = randomFrom(seed + state.storms)
      const { figures, violations } = await storm({
        folder: place,
        random,
        kills: load.killsPerStorm,
        workers: load.workers,
        ...options,
      })
      for (const [name, count] of Object.entries(figures)) state.figures[name] = (state.figures[name] ?? 0) + count
      state.storms += 1
      if (violations.length > 0) {
        const evidence = context.keep(join(place, 'data'))
        return { ...outcome(context, state, true), passed: false, violations: violations.map(told(evidence)) }
      }
      rmSync(place, { recursive: true })
      await context.save(state)
      context.progress(state.figures.kills, load.kills, `kills, ${state.figures.operations} acknowledgements`)
    }
    return outcome(context, state, isEnough())
  }

const told = (evidence) => (violation) => ({ ...violation, evidence })

const outcome = ({ load }, { storms, figures }, done) => ({
  done,
  passed: true,
  figures: { storms, ...figures },
  violations: [],
  ...(done
    ? { reached: { kills: figures.kills, operations: figures.operations, killsPerStorm: load.killsPerStorm } }
    : {}),
})

/** Enough for the mistake. With one worker, every kill strikes a process that has just been writing, or is. */
const ONE_STORM = { kills: 6, operations: 1, killsPerStorm: 6, workers: 1 }

/** @param {() => { nodeArgs: string[] }} changes Made when it is asked for: it looks at the built files. */
const mistake = (name, changes, { kills = ONE_STORM.kills, ...options } = {}) => ({
  name,
  load: { ...ONE_STORM, kills, killsPerStorm: kills },
  prove: (context) => prove({ shareAtWork: 1, ...options, nodeArgs: changes().nodeArgs })(context),
})

export const row = {
  name: 'kill-storm',
  title: 'kill -9 of API and workers at random moments: nothing acknowledged is lost, and every item ends once',
  promises: ['P2', 'P3', 'P4', 'P5'],
  folders: ['storm', 'kill-storm'],
  loads: {
    full: { kills: 1_000, operations: 50_000, killsPerStorm: 50, workers: 4 },
    quick: { kills: 6, operations: 40, killsPerStorm: 6, workers: 3 },
  },
  prove: prove(),
  mistakes: [
    // Only a kill that comes before the commit after all shows it.
    mistake('answering before the commit', answeredBeforeTheCommit, { kills: 10 }),
    mistake('ending an item whatever became of it, without the guard of its table', endedWithoutGuard),
    // Leases would run out after 30 s.
    mistake('leaving the dead their items', deadAreNotNoticed, { settleMs: 3_000 }),
  ],
}
