import type { Clock } from '../../clock.js'
import { DiskFullError, StoreIoError } from '../../errors.js'
import type { WriteTrouble } from '../../store.js'
import type { GroupOutcome } from '../group.js'

/** What a disk says when it takes nothing: the same call goes well once somebody has looked after it. */
const OF_THE_DISK: ReadonlySet<string> = new Set([DiskFullError.code, StoreIoError.code])

/**
 * Remembers whether the disk takes what is written. The first refusal begins the trouble, and the next commit that
 * reached the disk ends it: some row is written every few seconds, if only that this process lives.
 */
export class WriteTroubleWatch {
  #trouble: WriteTrouble | undefined

  constructor(private readonly clock: Clock) {}

  /** Since when, and why; undefined while all is well. */
  get current(): WriteTrouble | undefined {
    return this.#trouble
  }

  ran({ verdicts, wrote }: GroupOutcome): void {
    const refusal = verdicts.find((verdict) => !verdict.ok && OF_THE_DISK.has(verdict.refusal.code))
    if (refusal && !refusal.ok) this.#trouble ??= { code: refusal.refusal.code, sinceMs: this.clock.nowMs() }
    else if (wrote && verdicts.some(({ ok }) => ok)) this.#trouble = undefined
  }
}
