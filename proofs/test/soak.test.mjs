import { describe, expect, it } from 'vitest'
import { row } from '../rows/soak.mjs'
import { floorsOf, slopeOf } from '../soak/slope.mjs'
import { proveQuickly } from './prove-quickly.mjs'

proveQuickly(row, { timeoutMs: 60_000, mistakes: [] })

describe('growth', () => {
  it('is that of a line through all points', () => {
    expect(slopeOf([0, 1, 2, 3].map((atMs) => ({ atMs, value: 5 + 2 * atMs })))).toBeCloseTo(2)
  })

  it('is judged by what is left after collections', () => {
    const sawtooth = [7, 1, 9, 2, 8, 3].map((value, at) => ({ atMs: at * 10, value }))

    expect(floorsOf(sawtooth, 20).map(({ value }) => value)).toEqual([1, 2, 3])
  })
})
