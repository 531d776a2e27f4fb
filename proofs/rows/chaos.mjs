import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { dumpOf } from '../chaos/dump.mjs'
import { SharedFile } from '../chaos/shared-file.mjs'
import { TARGETS } from '../chaos/targets.mjs'
import { checkFile } from '../storm/check-file.mjs'
import { answeredBeforeTheCommit, endedWithoutToken } from '../storm/mistakes.mjs'

/** All targets, one after the other, on one shared file; whole rounds of them. */
const prove =
  ({ nodeArgs, only = Object.keys(TARGETS) } = {}) =>
  async (context) => {
    const { load } = context
    const state = context.state ?? { rounds: 0, figures: {} }
    while (state.rounds < load.rounds && !context.isOver()) {
      const folder = join(context.folder, `round-${state.rounds}`)
      mkdirSync(folder)
      const file = await SharedFile.make({ folder, ...(nodeArgs ? { nodeArgs } : {}) })
      const violations = []
      try {
        for (const name of only)
          await TARGETS[name](file).then(
            (figures) => (state.figures[name] = figures),
            (error) => violations.push({ what: `${name}: ${error.message}` }),
          )
      } finally {
        await file.close()
      }
      violations.push(...checkFile(file.path).filter(({ what }) => what !== UNENDED))
      state.rounds += 1
      if (violations.length > 0) {
        const dump = context.keep('dump.json', `${JSON.stringify(dumpOf(file.path), null, 2)}\n`)
        return outcome(
          state,
          true,
          violations.map((violation) => ({ ...violation, dump })),
        )
      }
      await context.save(state)
      context.progress(state.rounds, load.rounds, 'rounds')
    }
    return outcome(state, state.rounds >= load.rounds, [])
  }

/** Some targets leave items with nobody to end them. */
const UNENDED = 'an item did not end exactly once'

const outcome = ({ rounds, figures }, done, violations) => ({
  done,
  passed: violations.length === 0,
  figures: { rounds, targets: Object.keys(TARGETS).length, last: figures },
  violations,
  ...(done ? { reached: { rounds } } : {}),
})

const mistake = (name, target, changes) => ({
  name,
  load: { rounds: 1 },
  prove: (context) => prove({ nodeArgs: changes().nodeArgs, only: [target] })(context),
})

export const row = {
  name: 'chaos',
  title: 'The seven targets of the system that Holdfast replaces, met by real processes on one shared file',
  promises: ['P1', 'P3', 'P4', 'P5'],
  folders: ['storm', 'chaos'],
  loads: { full: { rounds: 5 }, quick: { rounds: 1 } },
  prove: prove(),
  mistakes: [
    mistake('answering before the commit', 'kill -9 with checkpoints surviving', answeredBeforeTheCommit),
    mistake(
      'testing the state without the token, and no guard of the table',
      'a 3 s lease left to expire, swept, taken over',
      endedWithoutToken,
    ),
  ],
}
