import { setTimeout as sleep } from 'node:timers/promises'
import type { HeldLease } from '@holdfast/store'
import { openTestStore, type TestStore } from '@holdfast/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { contentClaim } from '../src/content-claim.js'

let test: TestStore
beforeEach(async () => {
  test = await openTestStore({ path: ':memory:' })
})
afterEach(() => test.close())

const claimed = async (): Promise<HeldLease> => {
  const [lease] = await test.store.leases.claim({ queue: 'test', owner: 'w' })
  if (!lease) throw new Error('nothing to claim')
  return lease
}
const claim = (lease: HeldLease, signal = new AbortController().signal) =>
  contentClaim({ ...lease, signal }, test.store.idempotency, { key: 'a.md@1', request: { path: 'a.md' } })

describe('the key of a content', () => {
  it('that an earlier attempt of the item left pending is taken over at once', async () => {
    await test.enqueue()
    const first = await claimed()
    await claim(first)
    await test.store.leases.fail(first, { code: 'died', message: 'died' }, { retryAtMs: test.clock.nowMs() })

    expect(await claim(await claimed())).toMatchObject({ outcome: 'taken_over', ref: { fencingToken: 2 } })
  })

  it('that another item holds is waited for, and then found answered', async () => {
    await test.enqueue()
    await test.enqueue()
    const [first, second] = [await claimed(), await claimed()]
    const held = await claim(first)
    if (held.outcome === 'completed') throw new Error('nobody has answered yet')

    const waiting = claim(second)
    expect(await Promise.race([waiting, sleep(0, 'still waiting')])).toBe('still waiting')
    await test.store.idempotency.complete(held.ref, { sections: 3 })

    expect(await waiting).toMatchObject({ outcome: 'completed', response: { sections: 3 } })
  })

  it('that a dead item of another task holds is taken over when its time is over', async () => {
    await test.enqueue()
    await test.enqueue()
    await claim(await claimed())
    const second = await claimed()

    test.clock.advance(10_000)

    expect(await claim(second)).toMatchObject({ outcome: 'taken_over' })
  })

  it('is not waited for once the item is told to stop', async () => {
    await test.enqueue()
    await test.enqueue()
    await claim(await claimed())
    const stop = new AbortController()

    const waiting = claim(await claimed(), stop.signal)
    stop.abort()

    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
  })
})
