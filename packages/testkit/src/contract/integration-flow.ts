import { describe, expect, it } from 'vitest'
import type { OpenTestStore } from '../open-test-store.js'

export const integrationFlowContract = (open: OpenTestStore): void => {
  describe('the store as a whole', () => {
    it('carries one task through the fourteen steps: task, item, lease, checkpoints, key, completion, replay', async () => {
      const { store, clock } = await open()
      const request = { tool: 'fetch', url: 'https://example.org/' }

      // 1. a task is submitted
      const { taskId, created } = await store.tasks.submit({ type: 'agent', input: { goal: 'read' } })
      expect(created).toBe(true)
      // 2. its root item is waiting to be claimed
      expect(await store.workItems.require(taskId)).toMatchObject({ state: 'pending', isRoot: true, attempt: 0 })
      // 3. a worker claims it
      const [lease] = await store.leases.claim({ queue: 'agent', owner: 'worker-1', leaseMs: 30_000 })
      if (!lease) throw new Error('nothing was claimed')
      expect(lease).toMatchObject({ workItemId: taskId, input: { goal: 'read' }, attempt: 1 })
      // 4. nobody else can
      expect(await store.leases.claim({ queue: 'agent', owner: 'worker-2' })).toEqual([])
      // 5. the iteration begins
      await store.checkpoints.append(lease, { type: 'iteration_start', snapshot: { iteration: 1 } })
      // 6. a key is taken for the effect
      const claim = await store.idempotency.checkOrCreate('fetch-1', {
        request,
        owner: 'worker-1',
        taskId,
        workItemId: lease.workItemId,
      })
      if (claim.outcome !== 'created') throw new Error(claim.outcome)
      // 7. the lease is extended while the tool runs
      clock.advance(20_000)
      expect(await store.leases.heartbeat(lease, { leaseMs: 30_000 })).toBe(clock.nowMs() + 30_000)
      // 8. the tool has run
      await store.checkpoints.append(lease, { type: 'tool_executed', snapshot: { status: 200 }, name: 'fetch' })
      // 9. the key gets its answer
      expect(await store.idempotency.complete(claim.ref, { status: 200, body: 'hello' })).toEqual({ duplicate: false })
      // 10. the item is completed
      expect(await store.leases.complete(lease, { summary: 'hello' })).toMatchObject({ state: 'completed' })
      // 11. the task with it
      expect(await store.tasks.require(taskId)).toMatchObject({
        state: 'completed',
        result: { summary: 'hello' },
        finishedAtMs: clock.nowMs(),
      })
      // 12. the checkpoints are there, in order
      expect((await store.checkpoints.list(lease.workItemId)).map(({ position, type }) => [position, type])).toEqual([
        [2, 'tool_executed'],
        [1, 'iteration_start'],
      ])
      // 13. the journal tells all of it
      const { events } = await store.events.read(taskId)
      expect(events.map(({ position, type }) => [position, type])).toEqual([
        [1, 'item.enqueued'],
        [2, 'lease.claimed'],
        [3, 'checkpoint.appended'],
        [4, 'checkpoint.appended'],
        [5, 'item.completed'],
      ])
      // 14. the second look-up is served from the key
      expect(await store.idempotency.checkOrCreate('fetch-1', { request, owner: 'worker-2' })).toMatchObject({
        outcome: 'completed',
        response: { status: 200, body: 'hello' },
      })
    })
  })
}
