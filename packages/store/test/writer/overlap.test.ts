import { describe, expect, it } from 'vitest'
import { GroupStopwatch } from '../../src/sqlite/writer/group-pace.js'
import { Overlap } from '../../src/sqlite/writer/overlap.js'

const learned = (...groups: readonly (readonly [operations: number, operationsMs: number, commitMs: number])[]) => {
  const overlap = new Overlap()
  for (const [operations, operationsMs, commitMs] of groups) overlap.learn(operations, { operationsMs, commitMs })
  return overlap
}

describe('a second group ahead', () => {
  it('is not worth it before anything was measured', () => {
    expect(new Overlap().isWorthIt(1_000)).toBe(false)
  })

  it('is worth it where the operations take longer than two commits', () => {
    const overlap = learned([10, 0.2, 0.1])

    expect(overlap.isWorthIt(10)).toBe(false)
    expect(overlap.isWorthIt(11)).toBe(true)
  })

  it('is not worth it where a commit waits for the disk, however many wait up to the hundreds', () => {
    const overlap = learned([100, 1, 1.1])

    expect(overlap.isWorthIt(200)).toBe(false)
    expect(overlap.isWorthIt(1_000)).toBe(true)
  })

  it('is never worth it for one operation', () => {
    expect(learned([1, 50, 0.01]).isWorthIt(1)).toBe(false)
  })

  it('follows a disk that becomes slow within a dozen groups, and is not led by one outlier', () => {
    const fast = [100, 2, 0.05] as const
    const slow = [100, 2, 3] as const

    expect(learned(fast, slow, fast).isWorthIt(100)).toBe(true)
    expect(learned(fast, ...Array.from({ length: 12 }, () => slow)).isWorthIt(100)).toBe(false)
  })

  it('learns nothing from a group of which nothing ran', () => {
    expect(learned([0, 5, 0.01]).isWorthIt(1_000)).toBe(false)
  })
})

describe('the stopwatch of a group', () => {
  it('tells what its operations took from what its commit took, and begins anew with the next', () => {
    let nowMs = 100
    const stopwatch = new GroupStopwatch(() => nowMs)
    const take = (ms: number): void => {
      nowMs += ms
    }

    stopwatch.begun()
    take(2)
    stopwatch.operationEnded()
    take(3)
    expect(stopwatch.operationEnded()).toBe(105)
    take(7)
    expect(stopwatch.ended()).toEqual({ operationsMs: 5, commitMs: 7 })

    take(1_000)
    stopwatch.begun()
    take(1)
    expect(stopwatch.ended()).toEqual({ operationsMs: 0, commitMs: 1 })
  })
})
