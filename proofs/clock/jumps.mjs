const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** The farthest that the clock ever is from the right time. */
const FARTHEST_MS = 5 * DAY_MS
const STAIR = 8
const STEP_PAUSE_MS = 1_000
/** Long enough for a sweep to trust the clock again: a third of the usual lease, and two scans. */
const QUIET_MS = 14_500

/**
 * How somebody sets the clock: an hour or a day, forwards or back, and stairs of a step each second.
 *
 * @param {import('../support/random.mjs').Random} random
 * @returns {Generator<{ byMs: number, pauseMs: number, kind: string }>} Without an end. The pause comes after the jump.
 */
export const jumps = function* (random) {
  for (let atMs = 0; ; ) {
    for (const { byMs, ...jump } of oneOrAStair(random)) {
      const back = Math.abs(atMs + byMs) > FARTHEST_MS ? -byMs : byMs
      atMs += back
      yield { byMs: back, ...jump }
    }
  }
}

const oneOrAStair = (random) => {
  const sign = random.pick([1, -1])
  const kind = random.pick(['hour', 'hour', 'day', 'day', 'steps'])
  if (kind !== 'steps') return [{ kind, byMs: sign * (kind === 'hour' ? HOUR_MS : DAY_MS), pauseMs: pause(random) }]
  const byMs = sign * random.pick([2_000, 60_000, HOUR_MS])
  return Array.from({ length: STAIR }, () => ({ kind, byMs, pauseMs: STEP_PAUSE_MS }))
}

const pause = (random) => (random.int(12) === 0 ? QUIET_MS : 300 + random.int(1_500))
