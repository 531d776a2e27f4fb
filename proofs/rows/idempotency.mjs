import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkHistory, describeViolation, recordedFetch, recordHistory } from '@holdfast/testkit/history'
import { callAtOnce, callOnce } from '../idempotency/callers.mjs'
import { dieAt } from '../idempotency/die-at.mjs'
import { holdAndDie } from '../idempotency/held-keys.mjs'
import { wrongAnswers, wrongEffects } from '../idempotency/judge.mjs'
import { checkFile } from '../storm/check-file.mjs'
import { answerMadeAnew, keyAfterTheEffect } from '../storm/mistakes.mjs'
import { startFleet } from '../storm/programs.mjs'
import { randomFrom } from '../support/random.mjs'

const CONFIG = join(import.meta.dirname, '../storm/holdfast.config.mjs')
const KEYS_AT_ONCE = 4
const LONGEST_PAUSE_MS = 600

/** Files, each with a share of the keys: two APIs on one file, of which one or the other is killed all the time. */
const prove =
  ({ nodeArgs } = {}) =>
  async (context) => {
    const { load, seed, folder } = context
    const state = context.state ?? { files: 0, figures: { keys: 0, requests: 0, kills: 0 } }
    const { figures } = state
    while (figures.keys < load.keys && !context.isOver()) {
      const place = join(folder, `file-${state.files}`)
      mkdirSync(place)
      const random = randomFrom(seed + state.files)
      const done = await oneFile({ place, load, random, nodeArgs, isFirst: state.files === 0 })
      state.files += 1
      for (const [name, count] of Object.entries(done.figures)) figures[name] = combined(name, figures[name], count)
      if (done.violations.length > 0) {
        const evidence = context.keep(join(place, 'data'))
        return outcome(
          state,
          true,
          done.violations.map((violation) => ({ ...violation, evidence })),
        )
      }
      await context.save(state)
      context.progress(figures.keys, load.keys, `keys, ${figures.kills} kills`)
    }
    return outcome(state, figures.keys >= load.keys, [])
  }

const combined = (name, sum = 0, count = 0) => (name.startsWith('longest') ? Math.max(sum, count) : sum + count)

const oneFile = async ({ place, load, random, nodeArgs, isFirst }) => {
  const fleet = startFleet({ folder: place, config: CONFIG, workers: 0, apis: 2, ...(nodeArgs ? { nodeArgs } : {}) })
  const { callers } = load
  const history = recordHistory()
  const fetch = recordedFetch(history)
  try {
    await fleet.ready()
    const stormed = await storm({ fleet, random, load, fetch })
    await fleet.ready()
    const held = await holdAndDie({
      file: fleet.file,
      keys: named('held', load.heldPerFile),
      callers,
      apis: fleet.apis,
    })
    // The steps are the same on every file.
    const stepped = await dieAtEachStep({ fleet, steps: isFirst ? load.steps : 0, callers, fetch })
    const stopped = await fleet.stop()
    const seen = checkHistory(history.operations())
    const calls = [...stormed.calls, ...held.calls, ...stepped.calls]
    return {
      figures: {
        keys: calls.length,
        requests: calls.reduce((sum, { answers }) => sum + answers.length, 0),
        kills: stormed.kills,
        deathsBetweenSteps: stepped.deaths,
        heldKeys: held.calls.length,
        operationsInHistories: seen.operations,
        longestTakeOverMs: held.takenOverMs,
      },
      violations: [
        ...held.violations,
        ...stopped,
        ...calls.flatMap(wrongAnswers),
        ...wrongEffects(fleet.file, calls),
        ...seen.violations.map((violation) => ({ what: describeViolation(violation) })),
        ...checkFile(fleet.file).filter(({ what }) => what !== UNENDED),
      ],
    }
  } finally {
    await fleet.kill()
  }
}

/** No worker runs here, so nothing ends. */
const UNENDED = 'an item did not end exactly once'

const named = (kind, count) => Array.from({ length: count }, (_, at) => `${kind}-${at}`)

const storm = async ({ fleet, random, load, fetch }) => {
  const over = new AbortController()
  const killing = killUntil(over.signal, fleet, random, load.kills)
  const calls = []
  const keys = named('storm', load.keysPerFile)
  const line = async () => {
    for (let key = keys.pop(); key !== undefined; key = keys.pop())
      calls.push(await callAtOnce({ key, callers: load.callers, apis: fleet.apis, fetch }))
  }
  await Promise.all(Array.from({ length: KEYS_AT_ONCE }, line))
  over.abort()
  return { calls, kills: await killing }
}

const killUntil = async (over, fleet, random, areWanted) => {
  let kills = 0
  while (areWanted && !over.aborted) {
    const target = random.pick(fleet.apis)
    await target.ready()
    await sleep(random.int(LONGEST_PAUSE_MS))
    await target.killAndRestart()
    kills += 1
  }
  return kills
}

/** An API that dies at a step of its first submission, beside one that doesn't; then all callers come. */
const dieAtEachStep = async ({ fleet, steps, callers, fetch }) => {
  const calls = []
  let deaths = 0
  for (let step = 1; step <= steps; step += 1) {
    const doomed = fleet.addApi(dieAt(step))
    await doomed.ready()
    const key = `step-${step}`
    const first = await callOnce({ key, api: doomed, fetch })
    if (first === undefined) deaths += 1
    const { answers } = await callAtOnce({ key, callers, apis: [fleet.apis[0], doomed], fetch })
    calls.push({ key, answers: first === undefined ? answers : [first, ...answers] })
    await doomed.kill()
  }
  return { calls, deaths }
}

const outcome = ({ files, figures }, done, violations) => ({
  done,
  passed: violations.length === 0,
  figures: { files, ...figures },
  violations,
  ...(done ? { reached: { keys: figures.keys } } : {}),
})

const mistake = (name, changes) => ({
  name,
  load: { keys: 4, keysPerFile: 4, callers: 50, kills: false, steps: 0, heldPerFile: 0 },
  prove: (context) => prove({ nodeArgs: changes().nodeArgs })(context),
})

export const row = {
  name: 'idempotency',
  title: 'Fifty callers of one key at once, over an API that crashes between any two steps: one effect, one answer',
  promises: ['P4'],
  folders: ['storm', 'idempotency'],
  loads: {
    full: { keys: 5_000, keysPerFile: 480, callers: 50, kills: true, steps: 16, heldPerFile: 20 },
    quick: { keys: 30, keysPerFile: 26, callers: 50, kills: true, steps: 2, heldPerFile: 2 },
  },
  prove: prove(),
  mistakes: [
    mistake('a key that is written after its effect', keyAfterTheEffect),
    mistake('an answer that is not kept but made anew', answerMadeAnew),
  ],
}
