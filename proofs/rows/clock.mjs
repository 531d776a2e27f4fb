import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { clockStorm, MOST_STANDING_MS } from '../clock/storm.mjs'
import {
  heartbeatsByTheWallClockAlone,
  keyHeartbeatsByTheWallClockAlone,
  keysByTheWallClockAlone,
  sweptAtFirstSight,
  sweptByTheWallClockAlone,
} from '../storm/mistakes.mjs'
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
        holdMs: load.holdMs,
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
    'An answer is kept under its key for a time by the wall clock: set forwards by more than that, it ends the key.',
    'A delay ends at a time by the wall clock: set back, it makes the delay longer.',
  ],
})

/** It is the storm that has to see them. */
const STORM_ALONE = { jumps: 4, jumpsPerStorm: 4, holdMs: null }

/**
 * One that shows itself only where a new process comes between the jump and the next heartbeat, which on a busy machine it
 * doesn't always: a few storms of one jump, of which the first that shows it ends them.
 */
const TRIES = { jumps: 5, jumpsPerStorm: 1, holdMs: 5_000 }

const mistake = (name, changes, load = TRIES) => ({
  name,
  load,
  prove: (context) => prove({ nodeArgs: changes().nodeArgs })(context),
})

export const row = {
  name: 'clock',
  title:
    'A wall clock that is set again and again: leases are fenced, the living keep theirs and their keys, the dead lose them in time',
  promises: ['P1', 'P2', 'P4', 'P5'],
  needs: ['cc'],
  folders: ['storm', 'clock'],
  loads: {
    full: { jumps: 240, jumpsPerStorm: 60, holdMs: 15_000 },
    quick: { jumps: 7, jumpsPerStorm: 7, holdMs: 5_000 },
  },
  prove: prove(),
  mistakes: [
    mistake('a sweeper that believes the wall clock alone', sweptByTheWallClockAlone, STORM_ALONE),
    mistake('heartbeats that the wall clock alone judges', heartbeatsByTheWallClockAlone, STORM_ALONE),
    mistake('a sweeper that believes the wall clock at first sight', sweptAtFirstSight),
    mistake('keys that the wall clock alone judges', keysByTheWallClockAlone),
    mistake('heartbeats of keys that the wall clock alone judges', keyHeartbeatsByTheWallClockAlone, {
      ...TRIES,
      holdMs: 15_000,
    }),
  ],
}
