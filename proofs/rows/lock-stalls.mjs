import { join } from 'node:path'
import { runEpisode } from '../lock-stalls/episode.mjs'
import { addGaps, gapPercentile } from '../lock-stalls/gaps.mjs'
import { startAsked } from '../support/asked.mjs'
import { mutated } from '../support/mutate.mjs'
import { randomFrom } from '../support/random.mjs'

const PROGRAMS = join(import.meta.dirname, '../lock-stalls')

/** One file with its callers and its outsider. */
const startPair = async (folder, index, { nodeArgs, where } = {}) => {
  const path = join(folder, `store-${index}.db`)
  const callers = await startAsked(
    join(PROGRAMS, 'callers.mjs'),
    where ? [path, where] : [path],
    nodeArgs ? { nodeArgs } : {},
  )
  const holder = await startAsked(join(PROGRAMS, 'holder.mjs'), [path])
  return { callers, holder, end: () => Promise.all([callers.end(), holder.end()]) }
}

/** From `least` to ten times as long, as many short ones as long ones on each scale. */
const holdFor = (random, leastMs) => Math.round(leastMs * 10 ** random.float())

/** Which episodes there are, in the order of a seed: the same ones when a run goes on. */
const episodesOf = ({ short, long, fineWithinMs }, seed) => {
  const random = randomFrom(seed)
  const episode = (leastMs) => ({
    holdMs: holdFor(random, leastMs),
    isStopped: random.float() < 0.3,
    ends: random.pick(['COMMIT', 'ROLLBACK']),
    fineWithinMs,
  })
  return random.shuffle([
    ...Array.from({ length: short }, () => episode(100)),
    ...Array.from({ length: long }, () => episode(1_000)),
  ])
}

/** The files share the episodes. A file that was used in one slice of a run is not used in the next. */
const prove = (program) => async (context) => {
  const { load, seed, folder, isOver, save, progress } = context
  const episodes = episodesOf(load, seed)
  const state = context.state ?? { done: 0, refused: 0, acknowledged: 0, slowestMs: 0, gaps: {}, violations: [] }
  const pairs = await Promise.all(Array.from({ length: load.files }, (_, i) => startPair(folder, i, program)))
  try {
    let next = state.done
    const take = () => (isOver() || state.violations.length > 0 ? undefined : episodes[next++])
    await Promise.all(
      pairs.map(async (pair) => {
        for (let episode = take(); episode; episode = take()) {
          const { recoveredMs, refused, gaps, violations } = await runEpisode(pair, episode)
          state.done += 1
          state.refused += refused
          state.slowestMs = Math.max(state.slowestMs, Math.round(recoveredMs))
          addGaps(state.gaps, gaps)
          state.violations.push(...violations)
          progress(state.done, episodes.length, 'episodes')
        }
      }),
    )
    for (const { callers } of pairs) {
      const { acknowledged, missing } = await callers.ask('end')
      state.acknowledged += acknowledged
      if (missing.length > 0) state.violations.push({ what: `${missing.length} acknowledged tasks are gone`, missing })
    }
    await save(state)
  } finally {
    await Promise.all(pairs.map(({ end }) => end()))
  }
  return outcome(state, episodes, load)
}

const outcome = ({ done, refused, acknowledged, slowestMs, gaps, violations }, episodes, load) => {
  const gapP99Ms = gapPercentile(gaps, 0.99)
  const all = [...violations]
  if (gapP99Ms >= load.gapMs)
    all.push({ what: `the event loop of the callers answered nobody for ${gapP99Ms} ms (p99)` })
  const longest = Math.max(...Object.keys(gaps).map(Number))
  return {
    done: done >= episodes.length || all.length > 0,
    passed: all.length === 0,
    figures: {
      episodes: done,
      'writes acknowledged': acknowledged,
      'writes refused while the lock was taken': refused,
      'slowest recovery, ms': slowestMs,
      'event loop gap p99, ms': gapP99Ms,
      'longest gap, ms': longest,
    },
    violations: all,
    reached: done >= episodes.length ? { ...load } : {},
  }
}

const ONE_LONG = { short: 1, long: 2, files: 1, fineWithinMs: 400, gapMs: 50 }
const LOCK_WAIT = 'packages/store/dist/sqlite/lock/lock-wait.js'

/** Shows that a writer of another program that keeps the lock stops nobody for longer than it has it. */
export const row = {
  name: 'lock-stalls',
  title: 'Another program keeps the write lock, or is stopped while it has it: the next call after it is fine',
  promises: ['P3', 'P7'],
  loads: {
    full: { short: 900, long: 100, files: 4, fineWithinMs: 100, gapMs: 50 },
    // Beside other tests the machine is slow; what is poisoned stays so.
    quick: { short: 6, long: 1, files: 2, fineWithinMs: 1_000, gapMs: 200 },
  },
  prove: prove(),
  mistakes: [
    {
      name: 'a waiter that stays away for longer each time',
      load: ONE_LONG,
      prove: (context) =>
        prove(
          mutated({
            file: LOCK_WAIT,
            replace: '(waitedMs < UNUSUAL_MS ? usualMs : UNUSUAL_PAUSE_MS) * (0.5 + this.random())',
            by: 'Math.max(usualMs, waitedMs)',
          }),
        )(context),
    },
    {
      name: 'a lock that is waited for on the event loop',
      load: ONE_LONG,
      prove: prove({ where: 'on-the-event-loop' }),
    },
    {
      name: 'a transaction that is begun without the lock',
      load: ONE_LONG,
      prove: (context) =>
        prove(
          mutated({
            file: 'packages/store/dist/sqlite/begin.js',
            replace: "retryWhileBusy(lockWaitMs, () => connection.exec('BEGIN IMMEDIATE'), wait)",
            by: "retryWhileBusy(lockWaitMs, () => connection.exec('BEGIN'), wait)",
          }),
        )(context),
    },
  ],
}
