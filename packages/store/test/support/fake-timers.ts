import type { Timers } from '../../src/sqlite/timers.js'

/** Timers that fire when a test moves time, in order of their moments. */
export interface FakeTimers extends Timers {
  advance(ms: number): void
  /** How many are armed: 0 means that nothing would keep a process alive. */
  readonly armed: number
}

export const fakeTimers = (): FakeTimers => {
  let nowMs = 0
  const armed = new Set<{ readonly atMs: number; readonly fire: () => void }>()
  const nextUntil = (untilMs: number) =>
    [...armed].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
  return {
    monotonicMs: () => nowMs,
    after: (delayMs, fire) => {
      const timer = { atMs: nowMs + delayMs, fire }
      armed.add(timer)
      return () => armed.delete(timer)
    },
    advance: (ms) => {
      const untilMs = nowMs + ms
      for (let timer = nextUntil(untilMs); timer; timer = nextUntil(untilMs)) {
        nowMs = timer.atMs
        armed.delete(timer)
        timer.fire()
      }
      nowMs = untilMs
    },
    get armed() {
      return armed.size
    },
  }
}
