/**
 * The one source of time. `nowMs` is wall time, which all processes of a host share; `monotonicMs` never jumps.
 */
export interface Clock {
  nowMs(): number
  monotonicMs(): number
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}
