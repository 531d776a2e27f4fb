import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '@holdfast/store/sqlite'
import { checkFile } from '../storm/check-file.mjs'
import { checkRecorded } from '../storm/check-history.mjs'
import { readLedger } from '../storm/ledger.mjs'
import { endedWithoutToken, guardedByName } from '../storm/mistakes.mjs'
import { randomFrom } from '../support/random.mjs'
import { Graveyard, Stuck } from '../zombies/resurrection.mjs'

/** Files, each with some rounds: what was done before the time was up stays done. */
const prove =
  ({ nodeArgs } = {}) =>
  async (context) => {
    const { load, seed, folder } = context
    const state = context.state ?? { files: 0, figures: { zombies: 0 } }
    while (state.figures.zombies < load.zombies && !context.isOver()) {
      const place = join(folder, `file-${state.files}`)
      const { figures, violations } = await oneFile({ place, load, random: randomFrom(seed + state.files), nodeArgs })
      for (const [name, count] of Object.entries(figures)) state.figures[name] = (state.figures[name] ?? 0) + count
      state.files += 1
      if (violations.length > 0) {
        const evidence = context.keep(place)
        return outcome(
          state,
          true,
          violations.map((violation) => ({ ...violation, evidence })),
        )
      }
      await context.save(state)
      context.progress(state.figures.zombies, load.zombies, 'zombies')
    }
    return outcome(state, state.figures.zombies >= load.zombies, [])
  }

const oneFile = async ({ place, load, random, nodeArgs }) => {
  const ledger = join(place, 'ledger')
  const history = join(place, 'history')
  for (const made of [ledger, history]) mkdirSync(made, { recursive: true })
  const graveyard = await Graveyard.open({
    folder: place,
    ledger,
    history,
    items: load.itemsAtOnce,
    ...(nodeArgs ? { nodeArgs } : {}),
  })
  const figures = { zombies: 0, cancelled: 0, lost: 0 }
  const stuck = []
  try {
    for (let round = 0; round < load.roundsPerFile; round += 1) {
      const done = await graveyard.round({ items: load.itemsAtOnce, random })
      for (const [name, count] of Object.entries(done)) figures[name] += count
    }
    await graveyard.close()
  } catch (error) {
    if (!(error instanceof Stuck)) throw error
    stuck.push({ what: error.message })
  } finally {
    await graveyard.kill()
  }
  const tries = readLedger(ledger).filter(({ event, attempt }) => event === 'tried' && attempt === 1)
  const writesTried = tries.flatMap(({ answers }) => Object.values(answers)).length
  const stale = staleRows(graveyard.path, tries)
  const broken = checkFile(graveyard.path)
  const histories = await checkRecorded(history, graveyard.path)
  return {
    figures: { ...figures, writesTried, ...histories.figures },
    violations: [...stuck, ...tries.flatMap(wrongAnswers), ...stale, ...broken, ...histories.violations],
  }
}

/** What a zombie may be told. A key has a lease of its own, which the successor has taken over, or ended. */
const RIGHT = {
  heartbeat: ['lease.lost'],
  checkpoint: ['lease.lost'],
  log: ['lease.lost'],
  ending: ['lease.lost'],
  key: ['idempotency.lost', 'idempotency.already_completed'],
}

const wrongAnswers = ({ item, token, answers }) =>
  Object.entries(answers)
    .filter(([name, answer]) => !RIGHT[name].includes(answer))
    .map(([name, answer]) => ({ what: `a zombie's ${name} was answered ${answer}`, item, token }))

/** Whatever a zombie wrote holds its token. */
const staleRows = (path, tries) => {
  const connection = openDatabase({ path, role: 'reader' })
  const statements = [
    [
      'checkpoint',
      `SELECT 1 FROM checkpoints c JOIN work_items i ON i.seq = c.work_item_seq
      WHERE i.id = ? AND c.snapshot ->> 'token' = ?`,
    ],
    [
      'log line',
      `SELECT 1 FROM events e JOIN work_items i ON i.seq = e.work_item_seq
      WHERE i.id = ? AND e.type = 'log' AND e.data ->> 'token' = ?`,
    ],
    ['result', `SELECT 1 FROM work_items WHERE id = ? AND result ->> 'token' = ?`],
    ['effect', `SELECT 1 FROM idempotency_keys WHERE key = 'effect of ' || ? AND response ->> 'token' = ?`],
  ].map(([what, sql]) => ({ what, statement: connection.prepare(sql) }))
  try {
    return tries.flatMap(({ item, token }) =>
      statements
        .filter(({ statement }) => statement.all(item, token).length > 0)
        .map(({ what }) => ({ what: `a zombie's ${what} is in the file`, item, token })),
    )
  } finally {
    connection.close()
  }
}

const outcome = (state, done, violations) => ({
  done,
  passed: violations.length === 0,
  figures: { files: state.files, ...state.figures },
  violations,
  ...(done ? { reached: { zombies: state.figures.zombies } } : {}),
})

const mistake = (name, changes) => ({
  name,
  load: { zombies: 40, itemsAtOnce: 40, roundsPerFile: 1 },
  prove: (context) => prove({ nodeArgs: changes().nodeArgs })(context),
})

export const row = {
  name: 'zombies',
  title: 'Workers that sleep through their leases and wake under a name that another one goes by: nothing is accepted',
  promises: ['P1', 'P2', 'P4', 'P5'],
  folders: ['storm', 'zombies'],
  loads: {
    full: { zombies: 2_000, itemsAtOnce: 50, roundsPerFile: 10 },
    quick: { zombies: 100, itemsAtOnce: 50, roundsPerFile: 2 },
  },
  prove: prove(),
  mistakes: [
    mistake('testing the state without the token, and no guard of the table', endedWithoutToken),
    mistake("testing the owner's name instead of the token, and no guard of the table", guardedByName),
  ],
}
