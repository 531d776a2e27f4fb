import { describe, expect, it } from 'vitest'
import { CommitStopwatch } from '../../src/sqlite/writer/commit-stopwatch.js'
import { Overlap } from '../../src/sqlite/writer/overlap.js'

interface Group {
  readonly operations: number
  readonly commitMs: number
  /** What its callers kept their thread busy with since the group before. */
  readonly callersMs: number
}

const learned = (...groups: readonly Group[]) => {
  let busyMs = 1_000
  const overlap = new Overlap(() => busyMs)
  overlap.learn(1, groups[0]?.commitMs ?? 0)
  for (const { operations, commitMs, callersMs } of groups) {
    busyMs += callersMs
    overlap.learn(operations, commitMs)
  }
  return overlap
}

const many = (group: Group): readonly Group[] => Array.from({ length: 30 }, () => group)

describe('a second group ahead', () => {
  it('is not worth it before anything was measured', () => {
    expect(new Overlap(() => 0).isWorthIt(1_000)).toBe(false)
  })

  it('is worth it where the callers have more to do than two commits take', () => {
    const overlap = learned(...many({ operations: 10, commitMs: 0.2, callersMs: 0.1 }))

    expect(overlap.isWorthIt(39)).toBe(false)
    expect(overlap.isWorthIt(41)).toBe(true)
  })

  it('is not worth it where a commit waits for the disk, up to hundreds of operations', () => {
    const overlap = learned(...many({ operations: 100, commitMs: 1.1, callersMs: 0.7 }))

    expect(overlap.isWorthIt(128)).toBe(false)
    expect(overlap.isWorthIt(1_024)).toBe(true)
  })

  it('is not worth it for callers who do nothing, however cheap a commit is', () => {
    expect(learned(...many({ operations: 1, commitMs: 0.01, callersMs: 0 })).isWorthIt(1_000)).toBe(false)
  })

  it('follows a disk that becomes slow within a dozen groups, and is not led by one outlier', () => {
    const fast = { operations: 100, commitMs: 0.1, callersMs: 1.5 }
    const slow = { operations: 100, commitMs: 3, callersMs: 1.5 }

    expect(learned(...many(fast), slow).isWorthIt(100)).toBe(true)
    expect(learned(...many(fast), ...Array.from({ length: 12 }, () => slow)).isWorthIt(100)).toBe(false)
  })
})

describe('the stopwatch of a COMMIT', () => {
  const kit = () => {
    const time = { nowMs: 100 }
    return { time, stopwatch: new CommitStopwatch(() => time.nowMs) }
  }

  it('tells how long a group took after its last operation', () => {
    const { time, stopwatch } = kit()
    stopwatch.lap()
    time.nowMs += 5

    expect(stopwatch.lap()).toBe(105)
    time.nowMs += 7
    expect(stopwatch.stop()).toBe(7)
  })

  it('has nothing to tell of a group that never got the lock', () => {
    const { time, stopwatch } = kit()
    stopwatch.lap()
    stopwatch.stop()
    time.nowMs += 10_000

    expect(stopwatch.stop()).toBeUndefined()
  })
})
