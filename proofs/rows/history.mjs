import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  checkpointWithoutToken,
  keyWithoutToken,
  withoutState,
  withoutToken,
  withoutTrigger,
} from '../history/mistakes.mjs'
import { storm } from '../history/storm.mjs'
import { randomFrom } from '../support/random.mjs'

/** One storm for each seed, on a file of its own. What was done before the time was up stays done. */
const prove =
  ({ nodeArgs, forgeries = true } = {}) =>
  async (context) => {
    const { load, seed, folder } = context
    const state = context.state ?? { seeds: [], figures: { operations: 0 } }
    const isEnough = () => state.seeds.length >= load.seeds && state.figures.operations >= load.operations
    while (!isEnough() && !context.isOver()) {
      const stormSeed = seed + state.seeds.length
      const place = join(folder, `seed-${stormSeed}`)
      mkdirSync(place)
      const { figures, violations } = await storm({
        folder: place,
        random: randomFrom(stormSeed),
        operations: Math.ceil(load.operations / load.seeds),
        forgeries,
        ...(nodeArgs ? { nodeArgs } : {}),
      })
      for (const [name, count] of Object.entries(figures)) state.figures[name] = (state.figures[name] ?? 0) + count
      state.seeds.push(stormSeed)
      if (violations.length > 0) {
        const evidence = context.keep(place)
        return { ...outcome(state, true), passed: false, violations: violations.map((each) => ({ ...each, evidence })) }
      }
      rmSync(place, { recursive: true })
      await context.save(state)
      context.progress(state.figures.operations, load.operations, `operations, ${state.seeds.length} seeds`)
    }
    return outcome(state, isEnough())
  }

const outcome = ({ seeds, figures }, done) => ({
  done,
  passed: true,
  figures: { seeds: seeds.length, ...figures },
  violations: [],
  ...(done ? { reached: { seeds: seeds.length, operations: figures.operations } } : {}),
})

/** @param {() => { nodeArgs: string[] }} changes Made when it is asked for: it looks at the built files. */
const mistake = (name, changes, { forgeries = false } = {}) => ({
  name,
  load: { seeds: 1, operations: 2_000 },
  prove: (context) => prove({ nodeArgs: changes().nodeArgs, forgeries })(context),
})

export const row = {
  name: 'history',
  title: 'What processes saw that were killed and stopped: leases linearizable, one end, one answer per key',
  promises: ['P1', 'P2', 'P3', 'P4', 'P5'],
  folders: ['history'],
  loads: {
    full: { seeds: 20, operations: 200_000 },
    quick: { seeds: 1, operations: 2_000 },
  },
  prove: prove(),
  mistakes: [
    mistake('ending an attempt without its token, and no guard of the table', withoutToken),
    mistake('ending an item without a test of its state, and no guard of the table', withoutState),
    mistake('no guards of the tables, beside a program that writes plain SQL', withoutTrigger, { forgeries: true }),
    mistake('appending a checkpoint without the token, and no guard of the table', checkpointWithoutToken),
    mistake('answering a key without its token, and no guard of the table', keyWithoutToken),
  ],
}
