import { describe, expect, it } from 'vitest'
import type { OpenTestStore } from '../open-test-store.js'
import { claimMany, claimOne } from './claiming.js'

export const workItemsContract = (open: OpenTestStore): void => {
  describe('a fan-out', () => {
    it('adds items to the task of the item under lease', async () => {
      const test = await open()
      const taskId = await test.enqueue()
      const lease = await claimOne(test)

      const { created } = await test.store.workItems.spawn(lease, [
        { key: 'a', type: 'child', input: 1, priority: 5, maxAttempts: 1 },
        { key: 'b', type: 'child', queue: 'slow', input: 2, delayMs: 100, deadlineAtMs: test.clock.nowMs() + 200 },
      ])

      expect(created).toBe(2)
      const [, a, b] = await test.store.workItems.list({ taskId })
      const common = { taskId, parentId: taskId, isRoot: false, type: 'child', attempt: 0 }
      expect(a).toMatchObject({ ...common, queue: 'child', state: 'pending', input: 1, priority: 5, maxAttempts: 1 })
      expect(b).toMatchObject({
        ...common,
        queue: 'slow',
        state: 'scheduled',
        input: 2,
        visibleAtMs: test.clock.nowMs() + 100,
      })
    })

    it('adds nothing twice when it runs again', async () => {
      const test = await open()
      const taskId = await test.enqueue()
      const lease = await claimOne(test)
      const items = [1, 2, 3].map((n) => ({ key: `file-${n}`, type: 'child', input: n }))
      await test.store.workItems.spawn(lease, items.slice(0, 2))

      expect(await test.store.workItems.spawn(lease, items)).toEqual({ created: 1 })

      expect(await test.store.workItems.list({ taskId })).toHaveLength(4)
    })

    it('names its children under a parent whose id is any text', async () => {
      const test = await open()
      await test.enqueue({ id: 'nightly 2026-01-01' })
      const lease = await claimOne(test)
      const items = [{ key: 'a', type: 'child', input: 1 }]

      expect(await test.store.workItems.spawn(lease, items)).toEqual({ created: 1 })
      expect(await test.store.workItems.spawn(lease, items)).toEqual({ created: 0 })
    })

    it('takes an id that is named twice once, and refuses it with two inputs', async () => {
      const test = await open()
      const taskId = await test.enqueue()
      const lease = await claimOne(test)
      const child = { id: 'twice', type: 'child', input: 1 }

      expect(await test.store.workItems.spawn(lease, [child, child])).toEqual({ created: 1 })
      await expect(
        test.store.workItems.spawn(lease, [
          { ...child, id: 'new' },
          { ...child, id: 'new', input: 2 },
        ]),
      ).rejects.toMatchObject({ code: 'work_item.conflict' })

      expect(await test.store.workItems.list({ taskId })).toHaveLength(2)
    })

    it('is refused by name where it is no list', async () => {
      const test = await open()
      await test.enqueue()
      const spawned = test.store.workItems.spawn(await claimOne(test), 'abc' as never)

      await expect(spawned).rejects.toMatchObject({ code: 'input.invalid' })
    })

    it('names the same children in another attempt', async () => {
      const test = await open()
      const taskId = await test.enqueue()
      const items = [{ key: 'file-1', type: 'child', input: 1 }]
      const first = await claimOne(test)
      await test.store.workItems.spawn(first, items)
      await test.store.leases.release(first)

      expect(await test.store.workItems.spawn(await claimOne(test), items)).toEqual({ created: 0 })

      expect(await test.store.workItems.count(taskId)).toMatchObject({ pending: 1, running: 1 })
    })

    it('adds 2,500 items in transactions of a thousand', async () => {
      const test = await open()
      const taskId = await test.enqueue()
      const items = Array.from({ length: 2_500 }, (_, n) => ({ key: `${n}`, type: 'child', input: n }))

      expect(await test.store.workItems.spawn(await claimOne(test), items)).toEqual({ created: 2_500 })

      expect(await test.store.workItems.count(taskId)).toMatchObject({ pending: 2_500 })
    })

    it('refuses an id that stands for something else, and adds nothing of its batch', async () => {
      const test = await open()
      const taskId = await test.enqueue()
      const lease = await claimOne(test)
      await test.store.workItems.spawn(lease, [{ key: 'a', type: 'child', input: 1 }])

      const items = [
        { key: 'b', type: 'child', input: 2 },
        { key: 'a', type: 'child', input: 'another' },
      ]
      await expect(test.store.workItems.spawn(lease, items)).rejects.toMatchObject({ code: 'work_item.conflict' })

      expect(await test.store.workItems.list({ taskId })).toHaveLength(2)
    })

    it('refuses the id of an item of another task', async () => {
      const test = await open()
      const other = await test.enqueue({ input: 1 })
      await claimOne(test)
      await test.enqueue({ input: 2 })

      const spawned = test.store.workItems.spawn(await claimOne(test), [{ id: other, type: 'test', input: 1 }])

      await expect(spawned).rejects.toMatchObject({ code: 'work_item.conflict' })
    })

    it('is refused without the lease', async () => {
      const test = await open()
      const taskId = await test.enqueue()
      const lease = await claimOne(test, { leaseMs: 1_000 })
      test.clock.advance(1_000)
      await test.store.sweep.recoverExpired({ sweeper: 'sweep' })

      const spawned = test.store.workItems.spawn(lease, [{ key: 'a', type: 'child', input: 1 }])

      await expect(spawned).rejects.toMatchObject({ code: 'lease.lost' })
      expect(await test.store.workItems.list({ taskId })).toHaveLength(1)
    })

    it('is refused after the item was completed', async () => {
      const test = await open()
      await test.enqueue()
      const lease = await claimOne(test)
      await test.store.leases.complete(lease)

      const spawned = test.store.workItems.spawn(lease, [{ key: 'a', type: 'child', input: 1 }])

      await expect(spawned).rejects.toMatchObject({ code: 'work_item.already_terminal' })
    })

    it.each([
      ['a key and an id', { key: 'a', id: 'b', type: 'child', input: 1 }, 'input.invalid'],
      ['an empty key', { key: '', type: 'child', input: 1 }, 'input.invalid'],
      ['a key with a NUL', { key: '\0', type: 'child', input: 1 }, 'input.invalid_text'],
      ['a type with half of a surrogate pair', { key: 'a', type: '\ud83d', input: 1 }, 'input.invalid_text'],
      ['an input over the limit', { key: 'a', type: 'child', input: 'x'.repeat(1_048_576) }, 'input.too_large'],
      ['half an attempt', { key: 'a', type: 'child', input: 1, maxAttempts: 0.5 }, 'input.invalid'],
    ])('is refused with %s, and nothing is added', async (_, item, code) => {
      const test = await open()
      const taskId = await test.enqueue()
      const lease = await claimOne(test)

      const spawned = test.store.workItems.spawn(lease, [{ key: 'good', type: 'child', input: 0 }, item])

      await expect(spawned).rejects.toMatchObject({ code })
      expect(await test.store.workItems.list({ taskId })).toHaveLength(1)
    })
  })

  describe("a task's items", () => {
    it('are listed without their payloads where nobody asks for them', async () => {
      const { store } = await open()
      const { taskId } = await store.tasks.submit({ type: 'test', input: { large: 'in' } })
      const [lease] = await store.leases.claim({ taskId, owner: 'a' })
      if (!lease) throw new Error('nothing was claimed')
      await store.leases.complete(lease, { large: 'out' })

      for (const state of [undefined, 'completed' as const]) {
        const request = { taskId, ...(state && { state }) }
        const [whole] = await store.workItems.list(request)
        const [bare] = await store.workItems.list({ ...request, payloads: false })
        expect(whole).toMatchObject({ input: { large: 'in' }, result: { large: 'out' } })
        expect(bare).toEqual({ ...whole, input: null, result: undefined })
      }
      const [task] = await store.tasks.list({ payloads: false })
      expect(task).toMatchObject({ id: taskId, state: 'completed', result: undefined })
      expect((await store.tasks.list())[0]?.result).toEqual({ large: 'out' })
    })

    it('are listed by state, oldest first, in pages', async () => {
      const test = await open()
      const taskId = await test.enqueue()
      const lease = await claimOne(test)
      const ids = ['a', 'b', 'c', 'd', 'e']
      await test.store.workItems.spawn(
        lease,
        ids.map((id) => ({ id, type: 'child', input: null })),
      )

      const first = await test.store.workItems.list({ taskId, state: 'pending', limit: 3 })
      const afterSeq = first.at(-1)?.seq ?? 0
      const second = await test.store.workItems.list({ taskId, state: 'pending', limit: 3, afterSeq })

      expect(first.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
      expect(second.map(({ id }) => id)).toEqual(['d', 'e'])
    })

    it('are listed across states in the order of their birth, in pages', async () => {
      const test = await open()
      const taskId = await test.enqueue()
      const lease = await claimOne(test)
      const ids = ['a', 'b', 'c', 'd']
      await test.store.workItems.spawn(
        lease,
        ids.map((id) => ({ id, type: 'child', input: null })),
      )
      const [a, b] = await claimMany(test, { queue: 'child', limit: 2 })
      if (!a || !b) throw new Error('four children were spawned')
      await test.store.leases.complete(b)

      const first = await test.store.workItems.list({ taskId, limit: 3 })
      const second = await test.store.workItems.list({ taskId, limit: 3, afterSeq: first.at(-1)?.seq ?? 0 })

      expect([...first, ...second].map(({ id, state }) => [id, state])).toEqual([
        [taskId, 'running'],
        ['a', 'running'],
        ['b', 'completed'],
        ['c', 'pending'],
        ['d', 'pending'],
      ])
    })

    it('are counted by state', async () => {
      const test = await open()
      const taskId = await test.enqueue()
      await test.store.workItems.spawn(await claimOne(test), [
        { key: 'now', type: 'child', input: 1 },
        { key: 'later', type: 'child', input: 1, delayMs: 10 },
      ])

      expect(await test.store.workItems.count(taskId)).toEqual({
        scheduled: 1,
        pending: 1,
        running: 1,
        waiting: 0,
        completed: 0,
        failed: 0,
        cancelled: 0,
      })
    })

    it('are none of a task that is not there, and their count is refused', async () => {
      const { store } = await open()

      expect(await store.workItems.list({ taskId: 'nobody' })).toEqual([])
      await expect(store.workItems.count('nobody')).rejects.toMatchObject({ code: 'task.not_found' })
    })
  })

  describe('a work item', () => {
    it('that is not there reads as undefined, or throws where it is required', async () => {
      const { store } = await open()

      expect(await store.workItems.get('nobody')).toBeUndefined()
      await expect(store.workItems.require('nobody')).rejects.toMatchObject({ code: 'work_item.not_found' })
    })
  })
}
