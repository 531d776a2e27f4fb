import type { Clock } from '@holdfast/store'

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Time passes: wall and monotonic time move together. */
  advance(ms: number): void
  /** Somebody sets the wall clock, forwards or back; monotonic time doesn't notice. */
  jump(ms: number): void
}

/** @param startMs The first wall time: any fixed moment will do, and a fixed one makes failures repeat. */
export const fakeClock = (startMs = 1_700_000_000_000): FakeClock => {
  let wallMs = startMs
  let monotonicMs = 0
  return {
    nowMs: () => wallMs,
    monotonicMs: () => monotonicMs,
    advance: (ms) => {
      wallMs += ms
      monotonicMs += ms
    },
    jump: (ms) => {
      wallMs += ms
    },
  }
}
