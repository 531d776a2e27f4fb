import { describe, expect, it } from 'vitest'
import { LockWait } from '../../src/sqlite/lock/lock-wait.js'
import { NOBODY_WAITS } from '../../src/sqlite/lock/want-file.js'
import { fakeWant } from './simulated-writers.js'

const HALF = () => 0.5

/** A wait that began at `cameMs` and was refused once, with its want file, which moves with the test's time. */
const refusedAt = (cameMs: number, want = fileAt()) => {
  want.nowMs = cameMs
  const wait = new LockWait(cameMs, cameMs, want.file, HALF)
  expect(wait.mayTry(cameMs)).toBe(true)
  const mayTryAt = (nowMs: number): boolean => {
    want.nowMs = nowMs
    return wait.mayTry(nowMs)
  }
  return { wait, want, mayTryAt }
}

const fileAt = () => {
  const at = { nowMs: 0, announced: [] as number[], file: NOBODY_WAITS }
  const file = fakeWant(() => at.nowMs)
  at.file = {
    ...file,
    announce: (cameMs) => {
      at.announced.push(cameMs)
      file.announce(cameMs)
    },
  }
  return at
}

describe('waiting for the write lock', () => {
  it('tells nobody as long as the lock is free at the first try', () => {
    const { want, wait } = refusedAt(10)
    wait.end()

    expect(want.file.read()).toBeUndefined()
    expect(wait.hadToWait).toBe(false)
  })

  it('puts the first in line into the file, and lets him try in short intervals', () => {
    const { want, wait, mayTryAt } = refusedAt(10)

    expect(mayTryAt(10.5)).toBe(true)
    expect(wait.pauseMs(10.5)).toBeLessThan(0.5)
    expect(want.file.read()).toEqual({ stamp: 10, firstCameMs: 10 })
    expect(wait.hadToWait).toBe(true)
  })

  it('says it again once a millisecond at most', () => {
    const { want, mayTryAt } = refusedAt(10)
    for (let ms = 10.1; ms < 20; ms += 0.1) mayTryAt(ms)

    expect(want.announced.length).toBeGreaterThan(5)
    expect(want.announced.length).toBeLessThanOrEqual(10)
  })

  it('lets those behind look less often, and try now and then all the same', () => {
    const first = refusedAt(10)
    first.mayTryAt(10.5)
    const second = refusedAt(12, first.want)
    const tried: number[] = []
    for (let ms = 13; ms < 40; ms += 1) {
      first.mayTryAt(ms)
      if (second.mayTryAt(ms)) tried.push(ms)
    }

    expect(second.wait.pauseMs(13)).toBeGreaterThan(first.wait.pauseMs(13))
    expect(tried).toEqual([22, 32])
  })

  it('gives the first place to whoever came before the one in the file', () => {
    const late = refusedAt(12)
    late.mayTryAt(12.5)
    const early = refusedAt(10, late.want)

    expect(early.mayTryAt(13)).toBe(true)
    expect(early.want.file.read()).toMatchObject({ firstCameMs: 10 })
    expect(late.mayTryAt(14)).toBe(false)
  })

  it('makes the next one first when the first has the lock', () => {
    const first = refusedAt(10)
    first.mayTryAt(10.5)
    const second = refusedAt(12, first.want)
    expect(second.mayTryAt(12.5)).toBe(false)

    first.wait.end()

    expect(second.mayTryAt(13)).toBe(true)
    expect(second.want.file.read()).toMatchObject({ firstCameMs: 12 })
  })

  it('makes the next one first when the first was killed and says nothing for five milliseconds', () => {
    const killed = refusedAt(10)
    killed.mayTryAt(10.5)
    const second = refusedAt(11, killed.want)
    expect(second.mayTryAt(11.5)).toBe(false)

    expect(second.mayTryAt(14)).toBe(false)
    expect(second.mayTryAt(17)).toBe(true)
  })

  it('leaves the first place alone when it ends behind', () => {
    const first = refusedAt(10)
    first.mayTryAt(10.5)
    const second = refusedAt(12, first.want)
    second.mayTryAt(12.5)

    second.wait.end()

    expect(first.want.file.read()).toMatchObject({ firstCameMs: 10 })
  })

  it('tries like the first after a tenth of a second, whatever the file says: a clock may have been set back', () => {
    const want = fileAt()
    want.file.announce(-3_600_000)
    const { mayTryAt, wait } = refusedAt(10, want)
    for (let ms = 11; ms < 110; ms += 1) {
      want.nowMs = ms
      want.file.announce(-3_600_000)
      mayTryAt(ms)
    }

    expect(mayTryAt(111)).toBe(true)
    expect(mayTryAt(111.4)).toBe(true)
    expect(wait.pauseMs(111.4)).toBeLessThan(0.5)
  })

  it('slows down when nobody polite can have the lock any more', () => {
    const { wait, mayTryAt } = refusedAt(10)
    mayTryAt(11)

    expect(wait.pauseMs(1_100)).toBe(2)
  })

  it('polls without a file as if it were the first', () => {
    const wait = new LockWait(0, 0, NOBODY_WAITS, HALF)

    expect([0, 0.3, 0.6].map((ms) => wait.mayTry(ms))).toEqual([true, true, true])
  })
})
