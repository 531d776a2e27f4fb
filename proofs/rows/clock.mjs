import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { clockStorm, MOST_STANDING_MS } from '../clock/storm.mjs'
import { heartbeatsByTheWallClockAlone, sweptByTheWallClockAlone } from '../storm/mistakes.mjs'
import { randomFrom } from '../support/random.mjs'

/** Storms on new files, one after the other, until the clock was set often enough. */
const prove =
  ({ nodeArgs } = {}) =>
  async (context) => {
    const { load, seed, folder } = context
    const state = context.state ?? { storms: 0, figures: { jumps: 0 } }
    while (state.figures.jumps < load.jumps && !context.isOver()) {
      const place = join(folder, `storm-${state.storms}`)
      mkdirSync(place)
      const { figures, violations } = await clockStorm({
        folder: place,
        random: randomFrom(seed + state.storms),
        count: Math.min(load.jumpsPerStorm, load.jumps - state.figures.jumps),
        ...(nodeArgs ? { nodeArgs } : {}),
      })
      add(state.figures, figures)
      state.storms += 1
      if (violations.length > 0) {
        const evidence = context.keep(join(place, 'data'))
        return outcome(
          state,
          true,
          violations.map((violation) => ({ ...violation, evidence })),
        )
      }
      await context.save(state)
      context.progress(state.figures.jumps, load.jumps, 'jumps')
    }
    return outcome(state, state.figures.jumps >= load.jumps, [])
  }

/** Counts add up; of the longest, the longest stays. */
const add = (sums, figures) => {
  for (const [name, value] of Object.entries(figures))
    sums[name] = name.startsWith('longest') ? Math.max(sums[name] ?? 0, value) : (sums[name] ?? 0) + value
}

const outcome = ({ storms, figures }, done, violations) => ({
  done,
  passed: violations.length === 0,
  figures: { storms, ...figures, mostStandingMs: MOST_STANDING_MS },
  violations,
  ...(done ? { reached: { jumps: figures.jumps } } : {}),
  notes: [
    'An idempotency key is kept for a time by the wall clock: set forwards by more than that, it ends the key.',
    'A delay ends at a time by the wall clock: set back, it makes the delay longer.',
  ],
})

const mistake = (name, changes) => ({
  name,
  load: { jumps: 4, jumpsPerStorm: 4 },
  prove: (context) => prove({ nodeArgs: changes().nodeArgs })(context),
})

export const row = {
  name: 'clock',
  title:
    'A wall clock that is set again and again: leases are fenced, the living keep theirs, the dead lose them in time',
  promises: ['P1', 'P2', 'P5'],
  needs: ['cc'],
  folders: ['storm', 'clock'],
  loads: {
    full: { jumps: 240, jumpsPerStorm: 60 },
    quick: { jumps: 7, jumpsPerStorm: 7 },
  },
  prove: prove(),
  mistakes: [
    mistake('a sweeper that believes the wall clock alone', sweptByTheWallClockAlone),
    mistake('heartbeats that the wall clock alone judges', heartbeatsByTheWallClockAlone),
  ],
}
