import { type HeldLease, type KeyClaim, type KeyRef, repositories } from '@holdfast/store'
import { describe, expect, it } from 'vitest'
import type { OpenTestStore } from '../open-test-store.js'
import { claimOne } from './claiming.js'
import { leasedItem } from './leased-item.js'

const request = { amount: 12 }
const failure = { code: 'test.broken', message: 'it broke' }

const refOf = (claim: KeyClaim): KeyRef => {
  if ('ref' in claim) return claim.ref
  throw new Error(`the key is ${claim.outcome}`)
}

export const keyFencesContract = (open: OpenTestStore): void => {
  describe('the same key in two tenants', () => {
    it('is taken, extended, answered, failed and forgotten for each alone', async () => {
      const { store, clock } = await open()
      const ours = store.idempotency
      const theirs = store.forTenant('foreign').idempotency
      const take = { request, owner: 'a', leaseMs: 1_000 }
      for (const key of ['beat', 'answer', 'fail', 'forget', 'expire']) await theirs.checkOrCreate(key, take)
      const read = () => Promise.all(['beat', 'answer', 'fail', 'forget', 'expire'].map((key) => theirs.get(key)))
      const before = await read()

      await ours.heartbeat(refOf(await ours.checkOrCreate('beat', take)), { leaseMs: 5_000 })
      await ours.complete(refOf(await ours.checkOrCreate('answer', take)), 'ours')
      expect(await ours.checkOrCreate('answer', take)).toMatchObject({ outcome: 'completed', response: 'ours' })
      expect(await theirs.checkOrCreate('answer', take)).toMatchObject({ outcome: 'in_progress' })
      await ours.fail(refOf(await ours.checkOrCreate('fail', take)), failure)
      await ours.checkOrCreate('forget', take)
      await ours.forget('forget')
      await ours.checkOrCreate('expire', take)
      clock.advance(1_001)
      expect(await ours.checkOrCreate('expire', take)).toMatchObject({ outcome: 'taken_over' })

      expect(await read()).toEqual(before)
      expect(await ours.get('answer')).toMatchObject({ response: 'ours' })
      expect(await ours.get('forget')).toBeUndefined()
      expect(await theirs.count()).toMatchObject({ pending: 5, completed: 0, failed: 0 })
    })

    it('that has expired is given to a submission of each alone', async () => {
      const { store, clock } = await open()
      const theirs = store.forTenant('foreign')
      const taskUnder = (response: string) => ({
        type: 'test',
        input: 1,
        idempotency: { key: 'k', request, response, ttlMs: 100 },
      })
      await store.tasks.submit(taskUnder('first'))
      await theirs.tasks.submit(taskUnder('theirs'))
      clock.advance(101)

      expect(await store.tasks.submit(taskUnder('second'))).toMatchObject({ created: true })

      expect(await store.idempotency.get('k')).toMatchObject({ response: 'second' })
      expect(await theirs.idempotency.get('k')).toMatchObject({ response: 'theirs' })
    })
  })

  describe('a key that a living owner holds', () => {
    it('is not taken over by an attempt of another item', async () => {
      const test = await open()
      const first = await leasedItem(test)
      const second = await leasedItem(test)
      const ask = (lease: HeldLease) => test.store.idempotency.checkOrCreate('pay', { request, lease })
      await ask(first)

      expect(await ask(second)).toMatchObject({ outcome: 'in_progress' })
    })

    it('is not taken over by an earlier attempt of the same item, nor by one that has ended it', async () => {
      const test = await open()
      const { store, clock } = test
      const stale = await leasedItem(test)
      clock.advance(1_001)
      await store.sweep.recoverExpired({ sweeper: 's' })
      const lease = await claimOne(test)
      // Its token is the stale one's.
      await leasedItem(test)
      const ask = (key: string, by: HeldLease) => store.idempotency.checkOrCreate(key, { request, lease: by })
      await ask('pay', lease)
      await ask('refund', stale)

      expect(await ask('pay', stale)).toMatchObject({ outcome: 'in_progress' })
      await store.leases.complete(lease)
      expect(await ask('refund', lease)).toMatchObject({ outcome: 'in_progress' })
    })

    it('is not taken over because another process has ended', async () => {
      const { store, clock } = await open()
      const about = { kind: 'worker', host: 'h', pid: 1, version: '1' } as const
      for (const id of ['p-1', 'p-2']) await store.processes.register({ id, ...about })
      const holder = repositories(store, { clock, processId: 'p-1' })
      await holder.idempotency.checkOrCreate('pay', { request, owner: 'a' })
      await store.processes.stop('p-2')

      expect(await store.idempotency.checkOrCreate('pay', { request, owner: 'b' })).toMatchObject({
        outcome: 'in_progress',
      })
    })
  })
}
