import { describe, expect, it } from 'vitest'
import { DEFAULT_TURN_MS, WriteTurn } from '../../src/sqlite/lock/write-turn.js'
import { fakeWant } from './simulated-writers.js'

/** A turn that began at 0, with nobody waiting. */
const began = () => {
  let wallMs = 0
  let looks = 0
  const want = fakeWant(() => wallMs)
  const counted = {
    ...want,
    read: () => {
      looks += 1
      return want.read()
    },
  }
  const turn = new WriteTurn(counted)
  turn.began(0, false)
  const announceAt = (ms: number): void => {
    wallMs = ms
    want.announce(ms)
  }
  const leaveAt = (ms: number): void => {
    wallMs = ms
    want.leave()
  }
  return { turn, announceAt, leaveAt, looks: () => looks }
}

describe('a turn at the write lock', () => {
  it('goes on for as long as nobody else waits', () => {
    const { turn } = began()
    turn.ended(1_000)

    expect(turn.owedMs(1_000.1)).toBe(0)
  })

  it('goes on for its time although somebody waits', () => {
    const { turn, announceAt } = began()
    announceAt(1)
    turn.ended(DEFAULT_TURN_MS - 0.2)

    expect(turn.owedMs(DEFAULT_TURN_MS - 0.1)).toBe(0)
  })

  it('is over after its time when somebody waits, and the lock is left alone for about a millisecond', () => {
    const { turn, announceAt } = began()
    announceAt(1)
    turn.ended(4)

    expect(turn.owedMs(4)).toBeCloseTo(1.2)
  })

  it('counts the time that the lock was left alone already', () => {
    const { turn, announceAt } = began()
    announceAt(1)
    turn.ended(4)

    expect(turn.owedMs(4.5)).toBeCloseTo(0.7)
    expect(turn.owedMs(6)).toBe(0)
  })

  it('pauses once for a waiter who was killed, and never again', () => {
    const { turn, announceAt } = began()
    announceAt(1)
    turn.ended(4)
    expect(turn.owedMs(4)).toBeGreaterThan(0)
    turn.began(5.3, false)
    turn.ended(100)

    expect(turn.owedMs(100)).toBe(0)
  })

  it('pauses for nobody when the waiter has left meanwhile', () => {
    const { turn, announceAt, leaveAt } = began()
    announceAt(1)
    leaveAt(2)
    turn.ended(4)

    expect(turn.owedMs(4)).toBe(0)
  })

  it('means nothing that was said before it began, by itself for example', () => {
    const { turn, announceAt } = began()
    announceAt(10)
    turn.began(20, true)
    turn.ended(30)

    expect(turn.owedMs(30)).toBe(0)
  })

  it.each([
    ['forwards', 3_600_000],
    ['back', -3_600_000],
  ])('hears a waiter whose wall clock was set %s', (_, stepMs) => {
    const { turn, announceAt } = began()
    announceAt(1 + stepMs)
    turn.ended(4)

    expect(turn.owedMs(4)).toBeGreaterThan(0)
  })

  it('begins anew for a process that was away from the lock, however long ago it began', () => {
    const { turn, announceAt } = began()
    turn.ended(1)
    announceAt(5_000)
    turn.began(10_000, false)
    announceAt(10_001)
    turn.ended(10_002)

    expect(turn.owedMs(10_002)).toBe(0)
  })

  it('cuts a transaction that takes longer, once somebody waits', () => {
    const { turn, announceAt } = began()
    expect(turn.mustLetGo(50)).toBe(false)
    announceAt(51)

    expect(turn.mustLetGo(52)).toBe(true)
  })

  it('leaves a transaction whole that takes less', () => {
    const { turn, announceAt } = began()
    announceAt(1)

    expect(turn.mustLetGo(DEFAULT_TURN_MS - 0.1)).toBe(false)
  })

  it('looks at the file once a millisecond at most, however small the groups', () => {
    const { turn, looks } = began()
    const before = looks()
    for (let ms = 10; ms < 20; ms += 0.01) {
      turn.ended(ms)
      turn.owedMs(ms)
    }

    expect(looks() - before).toBeLessThanOrEqual(10)
  })
})
