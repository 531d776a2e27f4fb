import { LockWait } from '../../src/sqlite/lock/lock-wait.js'
import type { Want } from '../../src/sqlite/lock/want-file.js'
import { WriteTurn } from '../../src/sqlite/lock/write-turn.js'

/** One process that always has something to write. Times are milliseconds of simulated time. */
export interface SimulatedWriter {
  /** How long each of its transactions holds the lock. */
  readonly holdMs: number
  /** How long it takes to have the next one ready. */
  readonly prepareMs: number
  readonly turnMs?: number | undefined
  /** It never pauses for less: 1 for an inline writer, whose pauses are timers of an event loop. */
  readonly shortestPauseMs?: number
}

export interface Simulated {
  /** Transactions of each writer. */
  readonly commits: readonly number[]
  /** From having one ready to its commit, over all writers. */
  readonly p99Ms: number
}

/** What a try, a look and a pause cost beyond their time, as measured. */
const TRY_MS = 0.025
const LOOK_MS = 0.004
const SLACK_MS = 0.08

/** Runs writers against one lock and one want file, with no real time passing. The same seed gives the same run. */
export const simulate = (writers: readonly SimulatedWriter[], { forMs = 10_000, seed = 1 } = {}): Simulated => {
  let nowMs = 0
  let isLocked = false
  const random = randomOf(seed)
  const want = fakeWant(() => nowMs)
  const latencies: number[] = []
  const commits = writers.map(() => 0)

  /** Yields how long it is busy, or away. */
  function* run({ holdMs, prepareMs, turnMs, shortestPauseMs = 0 }: SimulatedWriter, index: number): Generator<number> {
    const turn = new WriteTurn(want, turnMs)
    const paused = (ms: number): number => Math.max(ms, shortestPauseMs) + SLACK_MS
    for (;;) {
      yield prepareMs * (0.8 + 0.4 * random())
      const readyMs = nowMs
      const owedMs = turn.owedMs(nowMs)
      if (owedMs > 0) yield paused(owedMs)
      const wait = new LockWait(nowMs, Math.floor(nowMs), want, random)
      for (;;) {
        const mayTry = wait.mayTry(nowMs)
        if (mayTry && !isLocked) break
        yield mayTry ? TRY_MS : LOOK_MS
        yield paused(wait.pauseMs(nowMs))
      }
      isLocked = true
      wait.end()
      turn.began(nowMs, wait.hadToWait)
      yield holdMs * (0.8 + 0.4 * random())
      isLocked = false
      turn.ended(nowMs)
      latencies.push(nowMs - readyMs)
      commits[index] = (commits[index] ?? 0) + 1
    }
  }

  const running = writers.map((writer, index) => ({ steps: run(writer, index), atMs: random() }))
  while (nowMs < forMs) {
    const next = running.reduce((soonest, other) => (other.atMs < soonest.atMs ? other : soonest))
    nowMs = next.atMs
    next.atMs = nowMs + Number(next.steps.next().value)
  }
  latencies.sort((a, b) => a - b)
  return { commits, p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? 0 }
}

/** A want file that keeps whole milliseconds, as the real one does. */
export const fakeWant = (nowMs: () => number): Want => {
  let stamp: number | undefined
  let firstCameMs: number | undefined
  const say = (cameMs: number | undefined): void => {
    stamp = Math.floor(nowMs())
    firstCameMs = cameMs
  }
  return {
    announce: say,
    leave: () => say(undefined),
    read: () => (stamp === undefined ? undefined : { stamp, firstCameMs }),
  }
}

/** Mulberry32: small, and the same everywhere. */
const randomOf = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
}
