import { describe, expect, it } from 'vitest'
import type { OpenTestStore } from '../open-test-store.js'
import { claimOne } from './claiming.js'
import { leasedItem } from './leased-item.js'

export const eventsContract = (open: OpenTestStore): void => {
  describe('a journal', () => {
    it('holds every change of an item in order, without gaps, beginning at 1', async () => {
      const test = await open()
      const { store, clock } = test
      const first = await leasedItem(test)
      clock.advance(10)
      await store.leases.fail(first, { code: 'x', message: 'try again' }, { retryAtMs: clock.nowMs() })
      const second = await claimOne(test, { taskId: first.taskId, owner: 'b' })
      await store.leases.complete(second, 'ok')

      const { events, oldestPosition, lastPosition } = await store.events.read(first.workItemId)

      expect(events.map(({ position, type, actor }) => [position, type, actor])).toEqual([
        [1, 'item.enqueued', null],
        [2, 'lease.claimed', 'worker-a'],
        [3, 'item.retried', 'worker-a'],
        [4, 'lease.claimed', 'b'],
        [5, 'item.completed', 'b'],
      ])
      expect({ oldestPosition, lastPosition }).toEqual({ oldestPosition: 1, lastPosition: 5 })
      expect(events[2]).toMatchObject({
        workItemId: first.workItemId,
        atMs: clock.nowMs(),
        data: { reason: 'retry', attempt: 1, error: { code: 'x' } },
      })
    })

    it('is read on from any position, page by page', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      for (let i = 0; i < 5; i += 1) await store.events.log(lease, i)

      const seen: number[] = []
      for (let afterPosition = 0; ; ) {
        const { events, lastPosition } = await store.events.read(lease.workItemId, { afterPosition, limit: 3 })
        seen.push(...events.map(({ position }) => position))
        afterPosition = events.at(-1)?.position ?? lastPosition
        if (afterPosition === lastPosition) break
      }

      expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7])
    })

    it('is empty after its end, and still says where it ends', async () => {
      const test = await open()
      const lease = await leasedItem(test)

      expect(await test.store.events.read(lease.workItemId, { afterPosition: 2 })).toEqual({
        events: [],
        oldestPosition: 1,
        lastPosition: 2,
      })
    })

    it('takes rows of the owner, with what they hold and the span they belong to', async () => {
      const test = await open()
      const { store, clock } = test
      const lease = await leasedItem(test)

      expect(await store.events.log(lease, { text: 'half way', ü: [1, null] }, { spanId: 's-1' })).toEqual({
        position: 3,
      })
      await store.events.log(lease, null)

      const { events } = await store.events.read(lease.workItemId, { afterPosition: 2 })
      expect(events).toEqual([
        {
          workItemId: lease.workItemId,
          position: 3,
          type: 'log',
          atMs: clock.nowMs(),
          fencingToken: lease.fencingToken,
          actor: 'worker-a',
          data: { text: 'half way', ü: [1, null] },
          spanId: 's-1',
        },
        expect.objectContaining({ position: 4, data: null, spanId: null }),
      ])
    })

    it('refuses a row of somebody who lost the lease, and of an item that has ended', async () => {
      const test = await open()
      const { store } = test
      const [released, ended] = [await leasedItem(test), await leasedItem(test)]
      await store.leases.release(released)
      await store.leases.complete(ended, null)

      await expect(store.events.log(released, 'late')).rejects.toMatchObject({ code: 'lease.lost' })
      await expect(store.events.log(ended, 'late')).rejects.toMatchObject({ code: 'work_item.already_terminal' })
      await expect(store.events.log({ ...ended, workItemId: 'nobody' }, 'x')).rejects.toMatchObject({
        code: 'work_item.not_found',
      })
    })

    it('says when rows after the position asked for were deleted: events.position_expired', async () => {
      const test = await open()
      const { store, clock } = test
      const lease = await leasedItem(test)
      for (let i = 0; i < 5; i += 1) await store.events.log(lease, i)
      await store.leases.complete(lease, null)
      clock.advance(1)
      // A bounded step of retention takes the oldest rows of the journal first.
      await store.retention.deleteFinishedTasks({ finishedBeforeMs: clock.nowMs(), limit: 3 })

      await expect(store.events.read(lease.workItemId, { afterPosition: 2 })).rejects.toMatchObject({
        code: 'events.position_expired',
        details: { oldestPosition: 4 },
      })
      const { events, oldestPosition } = await store.events.read(lease.workItemId, { afterPosition: 3 })
      expect([oldestPosition, ...events.map(({ position }) => position)]).toEqual([4, 4, 5, 6, 7, 8])
    })

    it('is there for its own tenant alone: work_item.not_found', async () => {
      const test = await open()
      const lease = await leasedItem(test)

      await expect(test.store.forTenant('stranger').events.read(lease.workItemId)).rejects.toMatchObject({
        code: 'work_item.not_found',
      })
    })

    it('refuses positions and limits that are out of range: input.invalid', async () => {
      const test = await open()
      const { workItemId } = await leasedItem(test)

      for (const bad of [{ afterPosition: -1 }, { afterPosition: 0.5 }, { limit: 0 }, { limit: 501 }])
        await expect(test.store.events.read(workItemId, bad)).rejects.toMatchObject({ code: 'input.invalid' })
    })
  })
}
