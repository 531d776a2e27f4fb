import { cancelTask, type HeldLease, type Store } from '@holdfast/store'
import { describe, expect, it } from 'vitest'
import type { OpenTestStore, TestStore } from '../open-test-store.js'
import { claimMany, claimOne } from './claiming.js'
import { leasedItem } from './leased-item.js'

type Write = (store: Store, lease: HeldLease) => Promise<unknown>

const failure = { code: 'test.broken', message: 'it broke' }

/** Every write that a lease is the proof of. */
const WRITES: readonly (readonly [string, Write])[] = [
  ['start', ({ leases }, lease) => leases.start(lease)],
  ['heartbeat', ({ leases }, lease) => leases.heartbeat(lease)],
  ['complete', ({ leases }, lease) => leases.complete(lease, 'done')],
  ['fail', ({ leases }, lease) => leases.fail(lease, failure)],
  ['release', ({ leases }, lease) => leases.release(lease)],
  [
    'append a checkpoint',
    ({ checkpoints }, lease) => checkpoints.append(lease, { type: 'iteration_end', snapshot: 1 }),
  ],
  ['begin a checkpoint', ({ checkpoints }, lease) => checkpoints.begin(lease, { type: 'iteration_end' })],
  ['log', ({ events }, lease) => events.log(lease, 'text')],
  ['spawn', ({ workItems }, lease) => workItems.spawn(lease, [{ key: 'a', type: 'child', input: 1 }])],
]

/** All that a store's rows say of one task. */
const everythingOf = async ({ store }: TestStore, taskId: string): Promise<unknown> => ({
  items: await store.workItems.list({ taskId }),
  journal: await store.events.read(taskId),
  checkpoints: await store.checkpoints.list(taskId),
})

export const fencesContract = (open: OpenTestStore): void => {
  describe.each(WRITES)('the fence around: %s', (_, write) => {
    it('refuses a lease that somebody else has now, under the same name: lease.lost', async () => {
      const test = await open()
      const stale = await leasedItem(test)
      test.clock.advance(1_001)
      await test.store.sweep.recoverExpired({ sweeper: 's' })
      const lease = await claimOne(test)
      expect(lease.workItemId).toBe(stale.workItemId)
      const before = await everythingOf(test, lease.taskId)

      await expect(write(test.store, stale)).rejects.toMatchObject({ code: 'lease.lost' })

      expect(await everythingOf(test, lease.taskId)).toEqual(before)
    })

    it('refuses a lease that was taken back and whose item somebody else has ended the same way: lease.lost', async () => {
      const ends: readonly Write[] = [
        ({ leases }, lease) => leases.complete(lease, 'done'),
        ({ leases }, lease) => leases.fail(lease, failure),
      ]
      for (const end of ends) {
        const test = await open()
        const stale = await leasedItem(test)
        test.clock.advance(1_001)
        await test.store.sweep.recoverExpired({ sweeper: 's' })
        await end(test.store, await claimOne(test))
        const before = await everythingOf(test, stale.taskId)

        await expect(write(test.store, stale)).rejects.toMatchObject({ code: 'lease.lost' })

        expect(await everythingOf(test, stale.taskId)).toEqual(before)
      }
    })

    it('refuses a lease that was taken back and whose item nobody has yet: lease.lost', async () => {
      const test = await open()
      const stale = await leasedItem(test)
      test.clock.advance(1_001)
      await test.store.sweep.recoverExpired({ sweeper: 's' })

      await expect(write(test.store, stale)).rejects.toMatchObject({ code: 'lease.lost' })
    })

    it('says nothing to another tenant of what the owner has written: work_item.not_found', async () => {
      const test = await open()
      const lease = await leasedItem(test)
      await write(test.store, lease)

      const foreign = { ...lease, tenant: 'foreign' }
      await expect(write(test.store, foreign)).rejects.toMatchObject({ code: 'work_item.not_found' })
    })

    it('refuses the lease of another tenant’s item of the same id: work_item.not_found', async () => {
      const test = await open()
      const lease = await leasedItem(test)
      const before = await everythingOf(test, lease.taskId)

      const foreign = { ...lease, tenant: 'foreign' }
      await expect(write(test.store, foreign)).rejects.toMatchObject({ code: 'work_item.not_found' })

      expect(await everythingOf(test, lease.taskId)).toEqual(before)
    })
  })

  describe('a batch of leases', () => {
    it('is answered lease by lease, also where one of them has ended its item', async () => {
      const test = await open()
      const { leases } = test.store
      const ended = await leasedItem(test)
      const lease = await leasedItem(test)
      await leases.complete(ended)

      for (const answers of [await leases.startAll([ended, lease]), await leases.heartbeatAll([ended, lease])]) {
        expect(answers.map(({ code }) => code)).toEqual(['work_item.already_terminal', null])
      }
    })
  })

  describe('a claim', () => {
    const enqueueAll = async (test: TestStore, priorities: readonly number[], queue: string): Promise<void> => {
      for (const priority of priorities) await test.enqueue({ id: `${queue}-${priority}`, queue, priority })
    }

    it('of fewer than there are takes the highest priority first, then the oldest', async () => {
      const test = await open()
      for (const [id, priority] of [
        ['a', 0],
        ['b', 5],
        ['c', 5],
        ['d', 9],
      ] as const)
        await test.enqueue({ id, priority })

      const claimed: string[] = []
      for (let left = 4; left > 0; left -= 1) claimed.push((await claimOne(test)).workItemId)

      expect(claimed).toEqual(['d', 'b', 'c', 'a'])
    })

    it('of one task takes the highest priority first, and no more than its limit', async () => {
      const test = await open()
      const taskId = await test.enqueue()
      const child = (key: string, priority: number) => ({ key, type: 'child', input: key, priority })
      await test.store.workItems.spawn(await claimOne(test), [
        child('a', 0),
        child('b', 5),
        child('c', 5),
        child('d', 9),
      ])

      const claim = async (limit: number) => (await claimMany(test, { taskId, limit })).map(({ input }) => input)

      expect(await claim(1)).toEqual(['d'])
      expect(await claim(2)).toEqual(['b', 'c'])
      expect(await claim(5)).toEqual(['a'])
    })

    it('from several queues takes no more than its limit over all of them', async () => {
      const test = await open()
      await enqueueAll(test, [1, 2], 'x')
      await enqueueAll(test, [1, 2], 'y')

      expect(await claimMany(test, { queues: ['x', 'y'], limit: 3 })).toHaveLength(3)
      expect(await claimMany(test, { queues: ['x', 'y'], limit: 3 })).toHaveLength(1)
    })
  })

  describe('the same ids in two tenants', () => {
    it('are two of everything', async () => {
      const test = await open()
      const { store } = test
      const theirs = store.forTenant('foreign')
      await test.enqueue({ id: 'one' })
      await theirs.tasks.submit({ id: 'one', type: 'test', input: 'theirs' })
      const lease = await claimOne(test)
      const [foreign] = await theirs.leases.claim({ taskId: 'one', owner: 'w' })
      if (!foreign) throw new Error('there was nothing to claim')

      await store.checkpoints.append(lease, { id: 'cp', type: 'iteration_end', snapshot: 'ours' })
      await theirs.checkpoints.append(foreign, { id: 'cp', type: 'iteration_end', snapshot: 'theirs' })
      await theirs.workItems.spawn(foreign, [{ id: 'child', type: 'child', input: 1 }])
      await store.workItems.spawn(lease, [{ id: 'child', type: 'child', input: 2 }])
      await theirs.tasks.cancel('one')

      expect((await store.checkpoints.get('cp'))?.snapshot).toBe('ours')
      expect((await theirs.checkpoints.get('cp'))?.snapshot).toBe('theirs')
      expect(await store.workItems.require('child')).toMatchObject({ input: 2, state: 'pending' })
      expect(await theirs.workItems.require('child')).toMatchObject({ input: 1, state: 'cancelled' })
      expect(await store.tasks.require('one')).toMatchObject({ state: 'active' })
      expect(await store.leases.complete(lease, null)).toMatchObject({ state: 'completed' })
    })

    it('have a type, an input and a result of their own', async () => {
      const { store, enqueue } = await open()
      const theirs = store.forTenant('foreign')
      await enqueue({ id: 'one' })
      const task = { id: 'one', type: 'other', input: 'theirs' }
      await theirs.tasks.submit(task)

      expect(await theirs.tasks.submit(task)).toMatchObject({ created: false })
      for (const [tenant, result] of [
        [store, 'ours'],
        [theirs, 'theirs'],
      ] as const) {
        const [lease] = await tenant.leases.claim({ taskId: 'one', owner: 'w' })
        if (lease) await tenant.leases.complete(lease, result)
      }

      expect(await store.tasks.require('one')).toMatchObject({ type: 'test', result: 'ours' })
      expect(await theirs.tasks.require('one')).toMatchObject({ type: 'other', result: 'theirs' })
      expect(await store.tasks.list()).toHaveLength(1)
    })

    it('claimed by the task take nothing of the other tenant’s', async () => {
      const { store, enqueue } = await open()
      await enqueue({ id: 'one' })

      expect(await store.forTenant('foreign').leases.claim({ taskId: 'one', owner: 'w' })).toEqual([])
    })
  })

  describe('what is given again under an id', () => {
    it('is another item where only its type differs: work_item.conflict', async () => {
      const test = await open()
      const lease = await leasedItem(test)
      const child = { id: 'child', type: 'child', queue: 'q', input: 1 }
      await test.store.workItems.spawn(lease, [child])

      const again = test.store.workItems.spawn(lease, [{ ...child, type: 'other' }])

      await expect(again).rejects.toMatchObject({ code: 'work_item.conflict' })
    })

    it.each([
      ['type', { type: 'iteration_start' }],
      ['name', { name: 'another' }],
      ['snapshot', { snapshot: 2 }],
    ] as const)('is another checkpoint where only its %s differs: checkpoint.conflict', async (_, over) => {
      const test = await open()
      const lease = await leasedItem(test)
      const checkpoint = { id: 'cp', type: 'iteration_end', name: 'one', snapshot: 1 } as const
      await test.store.checkpoints.append(lease, checkpoint)

      const again = test.store.checkpoints.append(lease, { ...checkpoint, ...over })

      await expect(again).rejects.toMatchObject({ code: 'checkpoint.conflict' })
      expect(await test.store.checkpoints.list(lease.workItemId)).toHaveLength(1)
    })
  })

  describe('a cancellation in steps', () => {
    it('keeps the time at which it was asked for', async () => {
      const test = await open()
      const id = await test.enqueue()
      await test.store.workItems.spawn(await claimOne(test), [{ key: 'a', type: 'child', input: 1 }])
      const askedAtMs = test.clock.nowMs()
      const step = () => test.store.submit(cancelTask, { tenant: 'default', id, limit: 1, nowMs: test.clock.nowMs() })
      await step()
      test.clock.advance(100)

      expect(await step()).toEqual({ state: 'cancelled', cancelled: 1, remaining: false })

      expect(await test.store.tasks.require(id)).toMatchObject({ cancelRequestedAtMs: askedAtMs })
    })
  })
}
