import { cancelTask, recoverExpired as recoverExpiredLeases, type Recovery } from '@holdfast/store'
import { describe, expect, it } from 'vitest'
import type { OpenTestStore, TestStore } from '../open-test-store.js'
import { claimMany, claimOne } from './claiming.js'

const recoverExpired = (
  { store }: TestStore,
  options: { limit?: number; errorCheckpoints?: boolean } = {},
): Promise<Recovery> => store.sweep.recoverExpired({ sweeper: 'sweep-1', ...options })

const NOTHING = { found: 0, recovered: [], failed: [], errorCheckpoints: 0, errors: [] }

export const sweepContract = (open: OpenTestStore): void => {
  describe('recovering expired leases', () => {
    it('finds what has expired, and puts it back while attempts are left', async () => {
      const test = await open()
      const id = await test.enqueue()
      await claimOne(test, { owner: 'worker-a', leaseMs: 1_000 })
      test.clock.advance(1_000)

      expect(await recoverExpired(test)).toEqual({
        found: 1,
        recovered: [
          {
            tenant: 'default',
            workItemId: id,
            state: 'pending',
            attempt: 1,
            maxAttempts: 3,
            previousOwner: 'worker-a',
          },
        ],
        failed: [],
        errorCheckpoints: 1,
        errors: [],
      })

      expect(await test.store.workItems.require(id)).toMatchObject({
        state: 'pending',
        reason: 'expired',
        leaseOwner: null,
        leaseExpiresAtMs: null,
        processId: null,
        attempt: 1,
        fencingToken: 2,
        error: { code: 'lease.expired', attempt: 1, maxAttempts: 3, owner: 'worker-a', sweeper: 'sweep-1' },
      })
      expect((await test.store.workItems.require(id)).error).toMatchObject({
        message: expect.stringContaining('attempt 1 of 3'),
      })
    })

    it('fails an item with no attempt left, says so, and counts it as failed', async () => {
      const test = await open()
      const id = await test.enqueue({ maxAttempts: 1 })
      await claimOne(test, { leaseMs: 1_000 })
      test.clock.advance(1_000)

      expect(await recoverExpired(test)).toMatchObject({
        found: 1,
        recovered: [],
        failed: [{ workItemId: id, state: 'failed', attempt: 1, maxAttempts: 1 }],
      })

      expect(await test.store.workItems.require(id)).toMatchObject({
        state: 'failed',
        finishedAtMs: test.clock.nowMs(),
        error: { code: 'lease.expired', message: expect.stringContaining('no attempt is left') },
      })
      expect(await test.store.tasks.require(id)).toMatchObject({ state: 'failed', error: { code: 'lease.expired' } })
    })

    it('gives an item three attempts when three are allowed, each expiry counting one', async () => {
      const test = await open()
      const id = await test.enqueue({ maxAttempts: 3 })

      const attempts: number[] = []
      for (let expiry = 0; expiry < 3; expiry += 1) {
        attempts.push((await claimOne(test, { leaseMs: 1_000 })).attempt)
        test.clock.advance(1_000)
        await recoverExpired(test)
      }

      expect(attempts).toEqual([1, 2, 3])
      expect(await test.store.workItems.require(id)).toMatchObject({ state: 'failed', attempt: 3 })
    })

    it('writes one error checkpoint per item, at its next position, with all that is known of the lease', async () => {
      const test = await open()
      const id = await test.enqueue()
      const lease = await claimOne(test, { owner: 'worker-a', leaseMs: 1_000 })
      const acquiredAtMs = test.clock.nowMs()
      await test.store.checkpoints.append(lease, { type: 'iteration_start', snapshot: { n: 1 } })
      test.clock.advance(500)
      await test.store.leases.heartbeat(lease, { leaseMs: 1_000 })
      test.clock.advance(1_000)

      await recoverExpired(test)

      expect(await test.store.checkpoints.latest(id)).toMatchObject({
        type: 'error_boundary',
        position: 2,
        attempt: 1,
        fencingToken: 2,
        snapshot: {
          error: { code: 'lease.expired', sweeper: 'sweep-1' },
          attempt: 1,
          maxAttempts: 3,
          willRetry: true,
          lease: {
            owner: 'worker-a',
            fencingToken: 1,
            acquiredAtMs,
            expiresAtMs: acquiredAtMs + 1_500,
            heartbeatAtMs: acquiredAtMs + 500,
          },
          atMs: test.clock.nowMs(),
        },
      })
    })

    it('writes an error checkpoint for an item that failed, too', async () => {
      const test = await open()
      const id = await test.enqueue({ maxAttempts: 1 })
      await claimOne(test, { leaseMs: 1_000 })
      test.clock.advance(1_000)

      expect(await recoverExpired(test)).toMatchObject({ errorCheckpoints: 1 })

      expect(await test.store.checkpoints.latest(id)).toMatchObject({ snapshot: { willRetry: false } })
    })

    it('writes none where they are turned off', async () => {
      const test = await open()
      const id = await test.enqueue()
      await claimOne(test, { leaseMs: 1_000 })
      test.clock.advance(1_000)

      expect(await recoverExpired(test, { errorCheckpoints: false })).toMatchObject({ errorCheckpoints: 0 })

      expect(await test.store.checkpoints.latest(id)).toBeUndefined()
    })

    it('recovers an item although its error checkpoint cannot be written, and reports that', async () => {
      const test = await open()
      const id = await test.enqueue()
      const lease = await claimOne(test, { leaseMs: 1_000 })
      await test.store.checkpoints.append(lease, { id: 'taken', type: 'iteration_start', snapshot: 1 })
      test.clock.advance(1_000)

      const recovery = await test.store.submit(recoverExpiredLeases, {
        sweeper: 'sweep-1',
        limit: 10,
        checkpointIds: ['taken'],
        overdue: [],
        isClockTrusted: true,
        nowMs: test.clock.nowMs(),
      })

      expect(recovery).toMatchObject({
        recovered: [{ workItemId: id }],
        errorCheckpoints: 0,
        errors: [{ workItemId: id, code: 'checkpoint.exists' }],
      })
      expect(await test.store.workItems.require(id)).toMatchObject({ state: 'pending', fencingToken: 2 })
      expect(await test.store.checkpoints.list(id)).toMatchObject([{ id: 'taken', type: 'iteration_start' }])
    })

    it('leaves leases alone that only the wall clock calls over, where that is not to be trusted', async () => {
      const test = await open()
      const id = await test.enqueue()
      const lease = await claimOne(test, { leaseMs: 1_000 })
      test.clock.jump(3_600_000)

      expect(await test.store.sweep.recoverExpired({ sweeper: 'sweep-1', isClockTrusted: false })).toEqual(NOTHING)
      expect(await test.store.workItems.require(id)).toMatchObject({ state: 'running' })

      const [seen] = await test.store.sweep.watchLeases()
      if (!seen) throw new Error('a running lease is seen')
      const overdue = [{ ...seen, fencingToken: lease.fencingToken }]
      const recovery = await test.store.sweep.recoverExpired({ sweeper: 'sweep-1', isClockTrusted: false, overdue })
      expect(recovery).toMatchObject({ recovered: [{ workItemId: id }] })
    })

    it('leaves leases alone whose time is not over', async () => {
      const test = await open()
      const id = await test.enqueue()
      const lease = await claimOne(test, { leaseMs: 1_000 })
      test.clock.advance(999)

      expect(await recoverExpired(test)).toEqual(NOTHING)

      expect(await test.store.workItems.require(id)).toMatchObject({ state: 'running', fencingToken: 1 })
      await test.store.leases.heartbeat(lease, { leaseMs: 1_000 })
      test.clock.advance(999)
      expect(await recoverExpired(test)).toEqual(NOTHING)
    })

    it('handles items of several tasks and tenants in one pass', async () => {
      const test = await open()
      const ids = [await test.enqueue(), await test.enqueue({ maxAttempts: 1 })]
      const { taskId } = await test.store.tasks.submit({ type: 'test', input: null }, { tenant: 'two' })
      await claimMany(test, { tenants: ['default', 'two'], leaseMs: 1_000 })
      test.clock.advance(1_000)

      const recovery = await recoverExpired(test)

      expect(recovery.found).toBe(3)
      expect(recovery.recovered.map((item) => [item.tenant, item.workItemId])).toEqual([
        ['default', ids[0]],
        ['two', taskId],
      ])
      expect(recovery.failed.map((item) => item.workItemId)).toEqual([ids[1]])
    })

    it('takes a bounded number at once, those that expired first in front', async () => {
      const test = await open()
      const ids = [await test.enqueue(), await test.enqueue(), await test.enqueue()]
      for (const leaseMs of [3_000, 1_000, 2_000]) await claimOne(test, { leaseMs })
      test.clock.advance(3_000)

      const passes: string[][] = []
      for (let pass = 0; pass < 2; pass += 1) {
        const { recovered } = await recoverExpired(test, { limit: 2 })
        passes.push(recovered.map((item) => item.workItemId))
      }

      expect(passes).toEqual([[ids[1], ids[2]], [ids[0]]])
    })

    it('answers with zeros when nothing has expired', async () => {
      const test = await open()

      expect(await recoverExpired(test)).toEqual(NOTHING)
    })

    it('counts each expiry once: a second pass finds nothing', async () => {
      const test = await open()
      const id = await test.enqueue()
      await claimOne(test, { leaseMs: 1_000 })
      test.clock.advance(1_000)

      const passes = await Promise.all([recoverExpired(test), recoverExpired(test)])

      expect(passes.map((pass) => pass.found).sort()).toEqual([0, 1])
      expect(await test.store.checkpoints.list(id)).toHaveLength(1)
      expect(await test.store.workItems.require(id)).toMatchObject({ attempt: 1 })
    })

    it('gives what was claimed ahead and never begun its attempt back, however often its worker dies', async () => {
      const test = await open()
      const ids = Array.from({ length: 100 }, (_, n) => `item-${n}`)
      for (const id of ids) await test.enqueue({ id, maxAttempts: 3 })

      for (let death = 0; death < 4; death += 1) {
        const [begun] = await claimMany(test, { ahead: true, leaseMs: 1_000 })
        if (!begun) throw new Error('there was nothing to claim')
        if (death < 3) await test.store.leases.start(begun)
        test.clock.advance(1_000)
        await recoverExpired(test)
      }

      const failed = await test.store.tasks.list({ state: 'failed' })
      expect(failed.map((task) => task.id)).toEqual(['item-0'])
      for (const id of ids.slice(1)) {
        expect(await test.store.workItems.require(id)).toMatchObject({ state: 'pending', attempt: 0, error: undefined })
      }
    })

    it('revokes a lease that stood still by monotonic time, although the wall clock went back', async () => {
      const test = await open()
      const id = await test.enqueue()
      await claimOne(test, { leaseMs: 1_000 })
      const seen = await test.store.sweep.watchLeases()
      test.clock.advance(1_500)
      test.clock.jump(-3_600_000)

      expect(await recoverExpired(test)).toEqual(NOTHING)
      const recovery = await test.store.sweep.recoverExpired({ sweeper: 'sweep-1', overdue: seen })

      expect(recovery.recovered.map((item) => item.workItemId)).toEqual([id])
    })

    it('leaves a lease alone that was renewed since it was seen', async () => {
      const test = await open()
      await test.enqueue()
      const lease = await claimOne(test, { leaseMs: 1_000 })
      const overdue = await test.store.sweep.watchLeases()
      test.clock.advance(500)
      await test.store.leases.heartbeat(lease, { leaseMs: 1_000 })

      expect(await test.store.sweep.recoverExpired({ sweeper: 'sweep-1', overdue })).toEqual(NOTHING)

      expect(await test.store.leases.complete(lease)).toMatchObject({ state: 'completed' })
    })

    it('takes a bounded list of leases that were seen, and nothing else', async () => {
      const { store } = await open()
      const seen = { tenant: 'default', workItemId: 'x', fencingToken: 1, seq: 1, leaseMs: 1, leaseExpiresAtMs: 1 }
      const refused = { code: 'input.invalid' }
      const recover = (overdue: unknown) => store.sweep.recoverExpired({ sweeper: 's', overdue: overdue as never })

      await expect(recover(Array.from({ length: 1_001 }, () => seen))).rejects.toMatchObject(refused)
      await expect(recover([null])).rejects.toMatchObject(refused)
      await expect(recover([{ ...seen, leaseExpiresAtMs: 1.5 }])).rejects.toMatchObject(refused)
      await expect(recover({})).rejects.toMatchObject(refused)
      await expect(store.sweep.watchLeases({ after: { leaseExpiresAtMs: Number.NaN, seq: 1 } })).rejects.toMatchObject(
        refused,
      )
    })

    it('lets a completion that came first stand', async () => {
      const test = await open()
      const id = await test.enqueue()
      const lease = await claimOne(test, { leaseMs: 1_000 })
      test.clock.advance(1_000)

      const [, recovery] = await Promise.all([test.store.leases.complete(lease, 'kept'), recoverExpired(test)])

      expect(recovery).toEqual(NOTHING)
      expect(await test.store.workItems.require(id)).toMatchObject({ state: 'completed', result: 'kept' })
    })
  })

  describe('recovering a dead process', () => {
    it('takes its leases back at once, and leaves those of others', async () => {
      const test = await open()
      await test.store.processes.register({ id: 'dead', kind: 'worker', host: 'h', pid: 1, version: '0' })
      const ids = [await test.enqueue(), await test.enqueue()]
      await claimMany(test, { processId: 'dead' })
      const other = await test.enqueue()
      await claimOne(test, { processId: 'alive' })

      const recovery = await test.store.sweep.recoverProcess({ processId: 'dead', sweeper: 'sweep-1' })

      expect(recovery).toMatchObject({ found: 2, remaining: false, errorCheckpoints: 2 })
      expect(recovery.recovered.map((item) => item.workItemId)).toEqual(ids)
      expect(await test.store.workItems.require(ids[0] ?? '')).toMatchObject({
        state: 'pending',
        reason: 'process_dead',
        error: { code: 'process.dead' },
      })
      expect(await test.store.workItems.require(other)).toMatchObject({ state: 'running' })
      expect(await test.store.processes.list({ state: 'dead' })).toMatchObject([{ id: 'dead' }])
    })

    it('goes on while it still has some', async () => {
      const test = await open()
      for (let n = 0; n < 5; n += 1) await test.enqueue()
      await claimMany(test, { processId: 'dead' })

      const steps: boolean[] = []
      for (let step = 0; step < 3; step += 1) {
        const { remaining } = await test.store.sweep.recoverProcess({ processId: 'dead', sweeper: 's', limit: 2 })
        steps.push(remaining)
      }

      expect(steps).toEqual([true, true, false])
      expect(await claimMany(test)).toHaveLength(5)
    })

    it('ends the leases of its idempotency keys, so that the next caller takes them over', async () => {
      const test = await open()
      const { store } = test
      await store.idempotency.checkOrCreate('key-1', { request: 1, owner: 'dead', leaseMs: 60_000 })

      await store.sweep.recoverProcess({ processId: store.info().processId, sweeper: 'sweep-1' })

      const next = await store.idempotency.checkOrCreate('key-1', { request: 1, owner: 'next', leaseMs: 60_000 })
      expect(next.outcome).toBe('taken_over')
    })
  })

  describe('promoting', () => {
    it('makes due items pending, and says when the next one is due', async () => {
      const test = await open()
      const soon = await test.enqueue({ delayMs: 100 })
      await test.enqueue({ delayMs: 200 })
      const nextDueAtMs = test.clock.nowMs() + 200
      test.clock.advance(100)

      expect(await test.store.sweep.promoteDue()).toEqual({ promoted: 1, nextDueAtMs })

      expect(await test.store.workItems.require(soon)).toMatchObject({ state: 'pending', reason: 'due' })
      test.clock.advance(100)
      expect(await test.store.sweep.promoteDue()).toEqual({ promoted: 1, nextDueAtMs: null })
    })

    it('takes a bounded number, the longest due first', async () => {
      const test = await open()
      const late = await test.enqueue({ delayMs: 20 })
      const early = await test.enqueue({ delayMs: 10 })
      test.clock.advance(20)

      expect(await test.store.sweep.promoteDue({ limit: 1 })).toMatchObject({ promoted: 1 })

      expect(await test.store.workItems.require(early)).toMatchObject({ state: 'pending' })
      expect(await test.store.workItems.require(late)).toMatchObject({ state: 'scheduled' })
    })
  })

  describe('deadlines', () => {
    it('fail the items that no worker holds, and only once they have passed', async () => {
      const test = await open()
      const deadlineAtMs = test.clock.nowMs() + 100
      const held = await test.enqueue({ deadlineAtMs })
      const lease = await claimOne(test)
      const pending = await test.enqueue({ deadlineAtMs })
      const scheduled = await test.enqueue({ deadlineAtMs, delayMs: 1_000 })

      test.clock.advance(99)
      expect(await test.store.sweep.failOverdue()).toEqual({ failed: 0 })
      test.clock.advance(1)
      expect(await test.store.sweep.failOverdue()).toEqual({ failed: 2 })

      for (const id of [pending, scheduled]) {
        expect(await test.store.tasks.require(id)).toMatchObject({
          state: 'failed',
          error: { code: 'work_item.deadline_exceeded', deadlineAtMs },
        })
      }
      expect(await test.store.workItems.require(held)).toMatchObject({ state: 'running' })
      expect(await test.store.leases.complete(lease)).toMatchObject({ state: 'completed' })
    })
  })

  describe('cancellations that were cut short', () => {
    it('are finished in bounded steps, and the task takes no new items meanwhile', async () => {
      const test = await open()
      const { store } = test
      const id = await test.enqueue()
      const root = await claimOne(test)
      const items = Array.from({ length: 2_499 }, (_, n) => ({ key: `${n}`, type: 'child', input: n }))
      await store.workItems.spawn(root, items)

      // One step of a cancellation, whose caller then died.
      const step = { tenant: 'default', id, limit: 500, nowMs: test.clock.nowMs() }
      expect(await store.submit(cancelTask, step)).toEqual({ state: 'active', cancelled: 500, remaining: true })

      expect(await store.tasks.require(id)).toMatchObject({ state: 'active', cancelRequestedAtMs: test.clock.nowMs() })
      const spawned = store.workItems.spawn(await claimOne(test, { queue: 'child' }), [{ type: 'child', input: 0 }])
      await expect(spawned).rejects.toMatchObject({ code: 'task.not_active' })

      expect(await store.sweep.continueCancellations({ limit: 1_000 })).toEqual({ cancelled: 1_000, remaining: true })
      expect(await store.sweep.continueCancellations({ limit: 1_000 })).toEqual({ cancelled: 1_000, remaining: false })
      expect(await store.sweep.continueCancellations()).toEqual({ cancelled: 0, remaining: false })
      expect(await store.tasks.require(id)).toMatchObject({ state: 'cancelled' })
      expect(await store.workItems.count(id)).toMatchObject({ cancelled: 2_500 })
    })
  })

  describe('expiring idempotency keys', () => {
    it('deletes those whose time is over, a bounded number, and leaves the others', async () => {
      const test = await open()
      const submission = (key: string, ttlMs: number) =>
        test.store.tasks.submit({ type: 'test', input: 1, idempotency: { key, request: key, response: null, ttlMs } })
      await submission('a', 100)
      await submission('b', 200)
      await submission('c', 300)
      test.clock.advance(200)

      expect(await test.store.sweep.expireKeys({ limit: 1 })).toEqual({ deleted: 1 })
      expect(await test.store.sweep.expireKeys()).toEqual({ deleted: 1 })

      expect(await test.store.idempotency.get('b')).toBeUndefined()
      expect(await test.store.idempotency.get('c')).toMatchObject({ state: 'completed' })
    })
  })

  describe('watching leases', () => {
    it('gives every running lease once, in pages, also where many share one expiry', async () => {
      const test = await open()
      const ids = [await test.enqueue(), await test.enqueue(), await test.enqueue()]
      await claimMany(test, { leaseMs: 1_000 })

      const first = await test.store.sweep.watchLeases({ limit: 2 })
      const after = first.at(-1)
      const second = await test.store.sweep.watchLeases({ limit: 2, ...(after ? { after } : {}) })

      expect([...first, ...second].map((lease) => lease.workItemId)).toEqual(ids)
    })
  })

  describe('a step of the sweep', () => {
    it('is refused with a limit out of bounds or a nameless sweeper', async () => {
      const { store } = await open()

      await expect(store.sweep.promoteDue({ limit: 0 })).rejects.toMatchObject({ code: 'input.invalid' })
      await expect(store.sweep.failOverdue({ limit: 1_001 })).rejects.toMatchObject({ code: 'input.invalid' })
      await expect(store.sweep.recoverExpired({ sweeper: '' })).rejects.toMatchObject({ code: 'input.invalid' })
      await expect(store.sweep.recoverProcess({ sweeper: 's', processId: '\0' })).rejects.toMatchObject({
        code: 'input.invalid_text',
      })
    })
  })
}
