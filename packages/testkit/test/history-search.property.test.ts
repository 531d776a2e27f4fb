import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkHistory, type RecordedOperation } from '../src/history/index.js'
import { isLinearizable } from './support/exhaustive-search.js'

const seed = Number(process.env.HOLDFAST_TEST_SEED ?? Date.now() % 2 ** 31)

const item = 't/item'

const said = fc.oneof(
  fc.record({
    does: fc.constantFrom('claim', 'heartbeat', 'complete', 'release' as const),
    token: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({
    does: fc.constant('refused' as const),
    token: fc.integer({ min: 1, max: 3 }),
    state: fc.constantFrom('running', 'pending'),
  }),
)

/** Anything that callers might say of one item, true or not. */
const operation = fc
  .tuple(said, fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 15 }))
  .map(([about, invokedAtNs, tookNs]): RecordedOperation => {
    const times = { process: 'p', invokedAtNs, answeredAtNs: invokedAtNs + tookNs }
    const { token } = about
    switch (about.does) {
      case 'claim':
        return { ...times, call: { name: 'leases.claim' }, answer: { as: 'ok', leases: [{ item, token }] } }
      case 'complete':
        return {
          ...times,
          call: { name: 'leases.complete', item, token, value: 'r' },
          answer: { as: 'ok', state: 'completed', isRepeat: false },
        }
      case 'refused':
        return {
          ...times,
          call: { name: 'leases.heartbeat', item, token: 9 },
          answer: { as: 'failed', code: 'lease.lost', token, state: about.state },
        }
      default:
        return { ...times, call: { name: `leases.${about.does}`, item, token }, answer: { as: 'ok' } }
    }
  })

/** A repeat of a release is granted: the search knows nothing of repeats. */
const isOneRelease = (operations: readonly RecordedOperation[]): boolean => {
  const released = operations.filter(({ call }) => call.name === 'leases.release').map(({ call }) => call.token)
  return new Set(released).size === released.length
}

describe('the order of tokens', () => {
  it('decides the same as a search through all orders of the operations', () => {
    const verdicts = { linearizable: 0, not: 0 }
    const histories = fc.array(operation, { minLength: 1, maxLength: 6 }).filter(isOneRelease)
    const property = fc.property(histories, (operations) => {
      const expected = isLinearizable(operations)
      verdicts[expected ? 'linearizable' : 'not'] += 1

      expect(checkHistory(operations).violations.length === 0).toBe(expected)
    })

    fc.assert(property, { seed, numRuns: 20_000 })
    expect(verdicts.linearizable).toBeGreaterThan(200)
    expect(verdicts.not).toBeGreaterThan(200)
  })
})
