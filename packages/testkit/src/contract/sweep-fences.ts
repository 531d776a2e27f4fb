import { cancelTask, type HeldLease, repositories, type SeenLease } from '@holdfast/store'
import { describe, expect, it } from 'vitest'
import type { OpenTestStore, TestStore } from '../open-test-store.js'
import { claimOne } from './claiming.js'
import { leasedItem } from './leased-item.js'

const register = async ({ store }: TestStore, ids: readonly string[]): Promise<void> => {
  for (const id of ids) await store.processes.register({ id, kind: 'worker', host: 'h', pid: 1, version: '1' })
}

export const sweepFencesContract = (open: OpenTestStore): void => {
  describe('what a sweep leaves alone', () => {
    it('is every task that nobody asked to cancel', async () => {
      const test = await open()
      const { store } = test
      const other = await test.enqueue({ type: 'other' })
      const id = await test.enqueue()
      await store.workItems.spawn(await claimOne(test), [{ key: 'a', type: 'child', input: 1 }])
      await store.submit(cancelTask, { tenant: 'default', id, limit: 1, nowMs: test.clock.nowMs() })
      const untouched = await test.enqueue({ type: 'other' })

      expect(await store.sweep.continueCancellations()).toEqual({ cancelled: 1, remaining: false })

      expect(await store.tasks.require(id)).toMatchObject({ state: 'cancelled' })
      for (const task of [other, untouched])
        expect(await store.workItems.require(task)).toMatchObject({ state: 'pending', fencingToken: 0 })
    })

    it('is more than its limit, over several cancelled tasks', async () => {
      const test = await open()
      for (const id of ['a', 'b']) {
        await test.enqueue({ id })
        const items = ['x', 'y'].map((key) => ({ key, type: 'child', input: 1 }))
        await test.store.workItems.spawn(await claimOne(test, { taskId: id }), items)
        await test.store.submit(cancelTask, { tenant: 'default', id, limit: 1, nowMs: test.clock.nowMs() })
      }

      expect(await test.store.sweep.continueCancellations({ limit: 3 })).toEqual({ cancelled: 3, remaining: true })
      expect(await test.store.sweep.continueCancellations({ limit: 3 })).toEqual({ cancelled: 1, remaining: false })
    })

    it('is what a living process holds, when another one is dead: items and keys', async () => {
      const test = await open()
      const { store, clock } = test
      await register(test, ['dead', 'alive'])
      const alive = repositories(store, { clock, processId: 'alive' })
      const lease = await leasedItem(test, { processId: 'alive', leaseMs: 60_000 })
      const ours = await alive.idempotency.checkOrCreate('ours', { request: 1, owner: 'a', leaseMs: 60_000 })

      const recovery = await store.sweep.recoverProcess({ processId: 'dead', sweeper: 's' })

      expect(recovery).toMatchObject({ found: 0, remaining: false })
      expect(await store.idempotency.get('ours')).toMatchObject({
        leaseExpiresAtMs: 'leaseExpiresAtMs' in ours ? ours.leaseExpiresAtMs : 0,
      })
      expect(await store.leases.complete(lease, null)).toMatchObject({ state: 'completed' })
    })

    it('is the last attempt of an item that was claimed ahead and never begun', async () => {
      const test = await open()
      const id = await test.enqueue({ maxAttempts: 1 })
      await claimOne(test, { ahead: true })
      test.clock.advance(1_001)

      await test.store.sweep.recoverExpired({ sweeper: 's' })

      expect(await test.store.workItems.require(id)).toMatchObject({ state: 'pending', attempt: 0 })
    })

    it('is the record of a process that stopped by itself', async () => {
      const test = await open()
      await register(test, ['gone'])
      await test.store.processes.stop('gone')

      await test.store.sweep.recoverProcess({ processId: 'gone', sweeper: 's' })

      expect(await test.store.processes.list({ state: 'stopped' })).toMatchObject([{ id: 'gone' }])
    })

    const seenAs = (lease: HeldLease, over: Partial<SeenLease> = {}): SeenLease => ({
      tenant: lease.tenant,
      workItemId: lease.workItemId,
      fencingToken: lease.fencingToken,
      leaseMs: lease.leaseMs,
      leaseExpiresAtMs: lease.leaseExpiresAtMs,
      seq: 1,
      ...over,
    })

    it('is a lease other than the one that stood still: by token, by expiry, by tenant', async () => {
      const test = await open()
      const lease = await leasedItem(test)
      const others = [
        seenAs(lease, { fencingToken: lease.fencingToken + 1 }),
        seenAs(lease, { leaseExpiresAtMs: lease.leaseExpiresAtMs - 1 }),
        seenAs(lease, { tenant: 'foreign' }),
      ]

      expect(await test.store.sweep.recoverExpired({ sweeper: 's', overdue: others })).toMatchObject({ found: 0 })

      expect(await test.store.leases.complete(lease, null)).toMatchObject({ state: 'completed' })
    })

    it('is more leases than its limit, also of those that stood still', async () => {
      const test = await open()
      const leases = [await leasedItem(test), await leasedItem(test), await leasedItem(test)]
      const overdue = leases.map((lease) => seenAs(lease))

      expect(await test.store.sweep.recoverExpired({ sweeper: 's', overdue, limit: 2 })).toMatchObject({ found: 2 })
    })
  })
}
