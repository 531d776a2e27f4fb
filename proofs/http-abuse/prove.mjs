import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { randomFrom } from '../support/random.mjs'
import { abuseRound } from './round.mjs'

/**
 * Rounds of abuse, each on a new file, until there were enough. Honest clients are measured in turns, alone and among
 * abusers, so that what else the machine does falls on both.
 *
 * @param {{ nodeArgs?: readonly string[] }} [program]
 */
export const prove =
  (program = {}) =>
  async (context) => {
    const { load, folder, seed } = context
    const state = context.state ?? newState()
    while (state.rounds < load.rounds && !context.isOver()) {
      const place = join(folder, `round-${state.rounds}`)
      mkdirSync(place)
      const round = await abuseRound({
        folder: place,
        random: randomFrom(seed + state.rounds),
        load: { ...load, cases: Math.ceil(load.cases / load.rounds) },
        progress: (done, total) =>
          context.progress(done, total, `cases of round ${state.rounds + 1} of ${load.rounds}`),
        ...program,
      })
      add(state, round, load)
      if (state.violations.length > 0) {
        context.keep('violations.json', `${JSON.stringify(state.violations, null, 2)}\n`)
        break
      }
      rmSync(place, { recursive: true })
      await context.save(state)
    }
    return outcome(state, load)
  }

const newState = () => ({
  rounds: 0,
  cases: 0,
  routes: 0,
  calm: [],
  abused: [],
  refusals: 0,
  peakMiB: 0,
  open: Number.POSITIVE_INFINITY,
  slow: Number.POSITIVE_INFINITY,
  isScaled: false,
  lives: {},
  violations: [],
})

const add = (state, round, load) => {
  state.rounds += 1
  state.cases += round.cases
  state.routes = round.routes
  state.calm.push(...round.calm.times)
  state.abused.push(...round.abused.times)
  state.refusals += round.abused.refusals.length
  state.peakMiB = Math.max(state.peakMiB, round.peakMiB)
  state.open = Math.min(state.open, round.peak.open)
  state.slow = Math.min(state.slow, round.peak.slow)
  state.isScaled ||= round.isScaled
  for (const [kind, { all, cut, longestMs }] of Object.entries(round.lives)) {
    const known = state.lives[kind] ?? { all: 0, cut: 0, longestMs: 0 }
    state.lives[kind] = {
      all: known.all + all,
      cut: known.cut + cut,
      longestMs: Math.max(known.longestMs, longestMs),
    }
  }
  state.violations.push(...round.violations, ...tooMuch(round, load))
}

/** What a round must not cost. */
const tooMuch = ({ calm, abused, peakMiB, lives }, { stalled, memoryMiB, headersCutMs, bodyCutMs }) => {
  const wrong = [...calm.wrong, ...calm.refusals, ...abused.wrong].slice(0, 5)
  const limits = {
    silent: headersCutMs,
    headers: headersCutMs,
    body: bodyCutMs,
    chunks: bodyCutMs,
    stalled: bodyCutMs,
  }
  return [
    ...wrong.map((what) => ({ what: `an honest client was not served: ${what}` })),
    ...(lives.stalled.all >= stalled
      ? []
      : [{ what: `only ${lives.stalled.all} of ${stalled} long bodies were begun: too few to say anything` }]),
    ...(peakMiB < memoryMiB ? [] : [{ what: `the API took ${peakMiB} MiB of memory` }]),
    ...Object.entries(limits).flatMap(([kind, mostMs]) =>
      lives[kind].longestMs <= mostMs
        ? []
        : [{ what: `a slow client (${kind}) was let live for ${lives[kind].longestMs} ms` }],
    ),
  ]
}

const outcome = (state, load) => {
  const { violations } = state
  const [calmMs, abusedMs] = [percentile(state.calm, 0.99), percentile(state.abused, 0.99)]
  const isThrough = state.rounds >= load.rounds
  const mostMs = Math.max(load.p99Factor * calmMs, load.p99FloorMs)
  if (isThrough && abusedMs >= mostMs)
    violations.push({ what: `honest clients waited ${abusedMs} ms (p99), and ${calmMs} ms without abuse` })
  const done = isThrough || violations.length > 0
  return {
    done,
    passed: violations.length === 0,
    figures: {
      cases: state.cases,
      routes: state.routes,
      'open clients': state.open,
      'slow clients': state.slow,
      'long bodies begun and never ended': state.lives.stalled?.all ?? 0,
      'cut off: silent, idle, slow headers, slow bodies, slow chunks, long bodies': Object.values(state.lives)
        .map(({ cut }) => cut)
        .join(', '),
      'longest life of slow headers, ms': state.lives.headers?.longestMs ?? 0,
      'longest life of slow bodies, ms': Math.max(state.lives.body?.longestMs ?? 0, state.lives.chunks?.longestMs ?? 0),
      'most memory, MiB': state.peakMiB,
      'honest requests': state.abused.length,
      'honest requests told to come again (429, 503)': state.refusals,
      'honest p50 without abuse, ms': percentile(state.calm, 0.5),
      'honest p50 with it, ms': percentile(state.abused, 0.5),
      'honest p99 without abuse, ms': calmMs,
      'honest p99 with it, ms': abusedMs,
    },
    violations,
    notes: state.isScaled ? ['fewer clients than asked for: this machine lets a process have fewer descriptors'] : [],
    reached: isThrough ? reached(state) : {},
  }
}

const reached = ({ isScaled, open, slow, cases, rounds }) => ({
  cases,
  rounds,
  ...(isScaled ? {} : { open, slow }),
})

const percentile = (times, share) => {
  const sorted = [...times].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
