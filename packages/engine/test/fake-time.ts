import type { Clock } from '@holdfast/store'
import type { Timers } from '../src/timers.js'

/** A clock that a test moves, and timers that fire when it passes them. */
export interface FakeTime extends Clock, Timers {
  /** Time passes. Timers fire in order, each at its own moment; what they set off gets the event loop in between. */
  advance(ms: number): Promise<void>
  /** Somebody sets the wall clock; monotonic time and timers don't notice. */
  jump(ms: number): void
  /** The process is stopped for so long: both clocks go on, and no timer fires before it goes on as well. */
  stand(ms: number): void
}

interface Armed {
  readonly atMs: number
  readonly fire: () => void
}

export const fakeTime = (): FakeTime => {
  let wallMs = 1_700_000_000_000
  let monotonicMs = 0
  const armed = new Set<Armed>()
  const next = (): Armed | undefined => [...armed].sort((a, b) => a.atMs - b.atMs)[0]
  const moveTo = (ms: number): void => {
    wallMs += ms - monotonicMs
    monotonicMs = ms
  }
  return {
    nowMs: () => wallMs,
    monotonicMs: () => monotonicMs,
    after: (delayMs, fire) => {
      const timer = { atMs: monotonicMs + delayMs, fire }
      armed.add(timer)
      return () => armed.delete(timer)
    },
    advance: async (ms) => {
      await settle()
      const untilMs = monotonicMs + ms
      for (let timer = next(); timer && timer.atMs <= untilMs; timer = next()) {
        moveTo(Math.max(monotonicMs, timer.atMs))
        armed.delete(timer)
        timer.fire()
        await settle()
      }
      moveTo(untilMs)
      await settle()
    },
    jump: (ms) => {
      wallMs += ms
    },
    stand: (ms) => moveTo(monotonicMs + ms),
  }
}

/** Lets everything that is ready run. Stores under a fake clock are in memory and write inline: a few turns are enough. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Waits, turn by turn, until something holds. */
export const until = async (holds: () => boolean | Promise<boolean>, what = 'what was waited for'): Promise<void> => {
  for (let turn = 0; turn < 2_000; turn++) {
    if (await holds()) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error(`${what} did not come about`)
}
