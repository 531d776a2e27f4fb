import { describe, expect, it } from 'vitest'
import { gapPercentile } from '../lock-stalls/gaps.mjs'
import { row } from '../rows/lock-stalls.mjs'
import { proveQuickly } from './prove-quickly.mjs'

proveQuickly(row, { mistakes: ['a waiter that stays away for longer each time'] })

describe('the gaps of an event loop', () => {
  it('count by the time that they take', () => {
    const gaps = { 0: 970, 1: 20, 500: 10 }

    expect(gapPercentile(gaps, 0.97)).toBe(0)
    expect(gapPercentile(gaps, 0.99)).toBe(1)
    expect(gapPercentile(gaps, 0.999)).toBe(500)
  })
})
