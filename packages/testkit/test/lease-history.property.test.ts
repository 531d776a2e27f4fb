import type { EventRecord, HeldLease, StoreError } from '@holdfast/store'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../src/index.js'
import { driver } from './support/driver.js'

/** Replay a failure with the seed that it prints: `HOLDFAST_TEST_SEED=… npx vitest run …`. */
const seed = Number(process.env.HOLDFAST_TEST_SEED ?? Date.now() % 2 ** 31)

const OWNERS = ['a', 'b', 'c'] as const
const ITEMS = 3
const LEASE_MS = 1_000

/** Whatever an owner may try, with a lease it holds or held: `pick` chooses among all that it ever got. */
const step = fc.oneof(
  fc.record({ do: fc.constant('claim' as const), owner: fc.constantFrom(...OWNERS), ahead: fc.boolean() }),
  fc.record({
    do: fc.constantFrom('start', 'heartbeat', 'complete', 'fail', 'retry', 'release' as const),
    owner: fc.constantFrom(...OWNERS),
    pick: fc.nat(),
  }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 1_500 }) }),
  fc.record({ do: fc.constant('sweep' as const) }),
  fc.record({ do: fc.constant('cancel' as const), item: fc.nat(ITEMS - 1) }),
)
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

const REFUSALS = ['lease.lost', 'lease.expired', 'work_item.already_terminal', 'task.already_terminal']

const failure = { code: 'test.broken', message: 'it broke' }

const open = new Set<TestStore>()
afterEach(async () => {
  for (const test of open) await test.close()
  open.clear()
})

/** Runs the steps, and notes which lease each item is said to be under. */
const run = async (test: TestStore, ids: readonly string[], steps: readonly Step[]): Promise<void> => {
  const { store, clock } = test
  const held: Record<string, HeldLease[]> = { a: [], b: [], c: [] }
  const lastToken = new Map<string, number>()

  const act = async (each: Step): Promise<void> => {
    if (each.do === 'pass') return clock.advance(each.ms)
    if (each.do === 'sweep') return void (await store.sweep.recoverExpired({ sweeper: 'sweep' }))
    if (each.do === 'cancel') return void (await store.tasks.cancel(ids[each.item] ?? ''))
    if (each.do === 'claim') {
      const { owner, ahead } = each
      for (const lease of await store.leases.claim({ queue: 'test', owner, ahead, leaseMs: LEASE_MS })) {
        expect(lease.fencingToken).toBeGreaterThan(lastToken.get(lease.workItemId) ?? 0)
        lastToken.set(lease.workItemId, lease.fencingToken)
        held[owner]?.push(lease)
      }
      return
    }
    const leases = held[each.owner] ?? []
    const lease = leases[each.pick % Math.max(leases.length, 1)]
    if (!lease) return
    const retryAtMs = clock.nowMs()
    if (each.do === 'start') await store.leases.start(lease)
    if (each.do === 'heartbeat') await store.leases.heartbeat(lease, { leaseMs: LEASE_MS })
    if (each.do === 'complete') await store.leases.complete(lease, { by: each.owner, token: lease.fencingToken })
    if (each.do === 'fail') await store.leases.fail(lease, failure)
    if (each.do === 'retry') await store.leases.fail(lease, failure, { retryAtMs })
    if (each.do === 'release') await store.leases.release(lease)
    // Whatever was granted was granted to the one lease that was given last.
    expect(lease.fencingToken).toBe(lastToken.get(lease.workItemId))
  }

  for (const each of steps) {
    try {
      await act(each)
    } catch (error) {
      if (!REFUSALS.includes((error as StoreError).code)) throw error
    }
  }
}

const TERMINAL = ['item.completed', 'item.failed', 'item.cancelled']
const ENDS_A_LEASE = ['lease.released', 'lease.expired', 'item.retried', ...TERMINAL]

/** What the journal of an item must say, whatever happened. */
const checkJournal = (events: readonly Pick<EventRecord, 'position' | 'type' | 'fencingToken'>[]): void => {
  expect(events.map((event) => event.position)).toEqual(events.map((_, index) => index + 1))
  expect(events[0]?.type).toBe('item.enqueued')

  const terminal = events.filter((event) => TERMINAL.includes(event.type))
  expect(terminal.length).toBeLessThanOrEqual(1)
  const afterTheEnd = terminal[0] ? events.slice(events.indexOf(terminal[0]) + 1) : []
  // The sweep writes its error checkpoint after it has failed the item.
  expect(afterTheEnd.every((event) => event.type === 'checkpoint.appended')).toBe(true)

  let isLeased = false
  let token = 0
  for (const event of events) {
    expect(event.fencingToken).toBeGreaterThanOrEqual(token)
    if (event.type === 'lease.claimed') {
      expect(isLeased).toBe(false)
      expect(event.fencingToken).toBeGreaterThan(token)
      isLeased = true
    }
    if (ENDS_A_LEASE.includes(event.type)) isLeased = false
    token = event.fencingToken
  }
}

describe('any sequence of claims, heartbeats, completions, failures, releases, expiries and cancellations', () => {
  it('gives an item one owner at a time, growing tokens, one end and a journal without gaps', async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const test = await openTestStore({ path: ':memory:', driver })
      open.add(test)
      const ids = Array.from({ length: ITEMS }, (_, n) => `item-${n}`)
      for (const id of ids) await test.enqueue({ id })

      await run(test, ids, steps)

      for (const id of ids) {
        const { events } = await test.store.events.read(id, { limit: 500 })
        checkJournal(events)
        const item = await test.store.workItems.require(id)
        expect(events.some((event) => TERMINAL.includes(event.type))).toBe(item.finishedAtMs !== null)
        expect(item.attempt).toBeLessThanOrEqual(item.maxAttempts)
      }
      await test.close()
      open.delete(test)
    })

    await fc.assert(property, { seed, numRuns: 100, verbose: 1 })
  })
})
