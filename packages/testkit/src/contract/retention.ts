import type { HeldLease } from '@holdfast/store'
import { describe, expect, it } from 'vitest'
import type { OpenTestStore, TestStore } from '../open-test-store.js'
import { permitsLeft } from './checkpoints.js'
import { leasedItem } from './leased-item.js'

const positionsOf = async ({ store }: TestStore, { workItemId }: HeldLease): Promise<readonly number[]> =>
  (await store.checkpoints.list(workItemId, { limit: 500 })).map(({ position }) => position)

/** Appends `count` progress checkpoints and gives their ids. */
const append = async ({ store }: TestStore, lease: HeldLease, count: number): Promise<readonly string[]> =>
  (
    await Promise.all(
      Array.from({ length: count }, () => store.checkpoints.append(lease, { type: 'iteration_end', snapshot: null })),
    )
  ).map(({ id }) => id)

export const retentionContract = (open: OpenTestStore): void => {
  describe('pruning checkpoints', () => {
    it('keeps the newest 100 of 120', async () => {
      const test = await open()
      const lease = await leasedItem(test)
      await append(test, lease, 120)

      expect(await test.store.retention.pruneCheckpoints()).toEqual({ deleted: 20, nextItemSeq: undefined })

      expect(await positionsOf(test, lease)).toEqual(Array.from({ length: 100 }, (_, at) => 120 - at))
      expect(await permitsLeft(test)).toBe(0)
    })

    it('does nothing the second time', async () => {
      const test = await open()
      const lease = await leasedItem(test)
      await append(test, lease, 5)
      await test.store.retention.pruneCheckpoints({ keep: 2 })

      expect(await test.store.retention.pruneCheckpoints({ keep: 2 })).toMatchObject({ deleted: 0 })
    })

    it('never takes the last verified of each type, whether its item lives or has ended', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      const tool = await store.checkpoints.append(lease, { type: 'tool_executed', snapshot: null })
      const ids = await append(test, lease, 6)
      for (const id of [tool.id, String(ids[0]), String(ids[1])])
        await store.checkpoints.recordVerification(id, { outcome: 'verified', findings: [], verifiedBy: 'v' })
      const verified = (await store.checkpoints.lastVerified(lease.workItemId))?.position ?? 0

      await store.retention.pruneCheckpoints({ keep: 2 })
      expect(await positionsOf(test, lease)).toEqual([7, 6, verified, 1])

      await store.leases.complete(lease, null)
      await store.retention.pruneCheckpoints({ keep: 1 })
      expect(await positionsOf(test, lease)).toEqual([7, verified, 1])
    })

    it('never takes what a live item would replay, and takes it once the item has ended', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      for (let i = 0; i < 3; i += 1)
        await store.checkpoints.append(lease, { type: 'state_transition', snapshot: i, isReplayed: true })
      await append(test, lease, 2)

      await store.retention.pruneCheckpoints({ keep: 1 })
      expect(await positionsOf(test, lease)).toEqual([5, 3, 2, 1])

      await store.leases.complete(lease, null)
      await store.retention.pruneCheckpoints({ keep: 1 })
      expect(await positionsOf(test, lease)).toEqual([5])
    })

    it('goes through all items in bounded steps', async () => {
      const test = await open()
      const leases = [await leasedItem(test), await leasedItem(test), await leasedItem(test)]
      for (const lease of leases) await append(test, lease, 3)

      let steps = 0
      let deleted = 0
      for (let afterItemSeq: number | undefined = 0; afterItemSeq !== undefined; steps += 1) {
        const step = await test.store.retention.pruneCheckpoints({ keep: 1, limit: 2, afterItemSeq })
        deleted += step.deleted
        afterItemSeq = step.nextItemSeq
      }

      expect({ steps, deleted }).toEqual({ steps: 2, deleted: 6 })
      for (const lease of leases) expect(await positionsOf(test, lease)).toEqual([3])
    })

    it('deletes at most 1,000 rows in one step, and goes on with the same item', async () => {
      const test = await open()
      const lease = await leasedItem(test)
      await append(test, lease, 1_205)

      const first = await test.store.retention.pruneCheckpoints({ keep: 5 })
      const second = await test.store.retention.pruneCheckpoints({ keep: 5, afterItemSeq: first.nextItemSeq ?? 0 })

      expect([first.deleted, second.deleted, second.nextItemSeq]).toEqual([1_000, 200, undefined])
      expect(await positionsOf(test, lease)).toEqual([1_205, 1_204, 1_203, 1_202, 1_201])
    })

    it('refuses to keep none: input.invalid', async () => {
      const { store } = await open()

      for (const options of [{ keep: 0 }, { limit: 0 }, { limit: 1_001 }, { afterItemSeq: -1 }])
        await expect(store.retention.pruneCheckpoints(options)).rejects.toMatchObject({ code: 'input.invalid' })
    })
  })

  describe('deleting finished tasks', () => {
    it('leaves a lease of theirs worth nothing, also when their id is submitted again: lease.lost', async () => {
      const test = await open()
      const { leases, checkpoints, retention, tasks, workItems } = test.store
      await test.enqueue({ id: 'nightly' })
      const stale = await leasedItem(test, { taskId: 'nightly' })
      await tasks.cancel('nightly')
      test.clock.advance(1)
      await retention.deleteFinishedTasks({ finishedBeforeMs: test.clock.nowMs() })
      await test.enqueue({ id: 'nightly' })
      const lease = await leasedItem(test, { taskId: 'nightly' })

      const lost = { code: 'lease.lost' }
      await expect(leases.complete(stale, 'late')).rejects.toMatchObject(lost)
      await expect(leases.heartbeat(stale)).rejects.toMatchObject(lost)
      await expect(checkpoints.append(stale, { type: 'iteration_end', snapshot: 1 })).rejects.toMatchObject(lost)
      await expect(workItems.spawn(stale, [{ key: 'a', type: 'child', input: 1 }])).rejects.toMatchObject(lost)

      expect(lease.fencingToken).toBeGreaterThan(stale.fencingToken)
      expect(await leases.complete(lease, 'on time')).toMatchObject({ duplicate: false })
    })

    /** A task that has ended, with two checkpoints, one of them verified. */
    const endedTask = async (test: TestStore): Promise<HeldLease> => {
      const lease = await leasedItem(test)
      const [id] = await append(test, lease, 2)
      await test.store.checkpoints.recordVerification(String(id), {
        outcome: 'verified',
        findings: [],
        verifiedBy: 'v',
      })
      await test.store.leases.complete(lease, 'ok')
      return lease
    }

    it('takes a task with its items, journal and checkpoints, and leaves no permit behind', async () => {
      const test = await open()
      const { store, clock } = test
      const { taskId, workItemId } = await endedTask(test)
      const checkpoint = await store.checkpoints.latest(workItemId)
      clock.advance(1)

      expect(await store.retention.deleteFinishedTasks({ finishedBeforeMs: clock.nowMs() })).toEqual({
        deletedTasks: 1,
        remaining: false,
      })

      expect(await store.tasks.get(taskId)).toBeUndefined()
      expect(await store.workItems.get(workItemId)).toBeUndefined()
      expect(await store.checkpoints.get(String(checkpoint?.id))).toBeUndefined()
      await expect(store.events.read(workItemId)).rejects.toMatchObject({ code: 'work_item.not_found' })
      expect(await permitsLeft(test)).toBe(0)
    })

    it('leaves what is still open, and what ended later', async () => {
      const test = await open()
      const { store, clock } = test
      const openItem = await leasedItem(test)
      await endedTask(test)
      clock.advance(10)
      const late = await endedTask(test)

      const done = await store.retention.deleteFinishedTasks({ finishedBeforeMs: clock.nowMs() })

      expect(done).toEqual({ deletedTasks: 1, remaining: false })
      expect(await store.tasks.get(openItem.taskId)).toBeDefined()
      expect(await store.tasks.get(late.taskId)).toBeDefined()
    })

    it('takes a large task in steps of at most `limit` rows, and can be stopped between any two', async () => {
      const test = await open()
      const { store, clock } = test
      const parent = await leasedItem(test)
      await store.workItems.spawn(
        parent,
        Array.from({ length: 10 }, (_, at) => ({ key: `child-${at}`, type: 'test', input: at })),
      )
      await append(test, parent, 10)
      await store.leases.complete(parent, null)
      for (const child of await store.leases.claim({ taskId: parent.taskId, owner: 'a', limit: 10 }))
        await store.leases.complete(child, null)
      clock.advance(1)

      let steps = 0
      let remaining = true
      while (remaining && steps < 100) {
        const step = await store.retention.deleteFinishedTasks({ finishedBeforeMs: clock.nowMs(), limit: 7 })
        remaining = step.remaining
        steps += 1
        expect(await permitsLeft(test)).toBe(0)
      }

      // 43 events, 10 checkpoints, 11 items and the task itself: 65 rows.
      expect(steps).toBe(10)
      expect(await store.tasks.get(parent.taskId)).toBeUndefined()
    })

    it('takes those that ended first, first', async () => {
      const test = await open()
      const { store, clock } = test
      const [young, old] = [await leasedItem(test), await leasedItem(test)]
      await store.leases.complete(old, null)
      clock.advance(1)
      await store.leases.complete(young, null)
      clock.advance(1)

      // Three events, one item, one task.
      await store.retention.deleteFinishedTasks({ finishedBeforeMs: clock.nowMs(), limit: 5 })

      expect(await store.tasks.get(old.taskId)).toBeUndefined()
      expect(await store.tasks.get(young.taskId)).toBeDefined()
    })

    it('is for one tenant, or for all', async () => {
      const test = await open()
      const { store, clock } = test
      await endedTask(test)
      clock.advance(1)
      const finishedBeforeMs = clock.nowMs()

      expect(await store.retention.deleteFinishedTasks({ finishedBeforeMs, tenant: 'stranger' })).toEqual({
        deletedTasks: 0,
        remaining: false,
      })
      expect(await store.retention.deleteFinishedTasks({ finishedBeforeMs, tenant: 'default' })).toMatchObject({
        deletedTasks: 1,
      })
    })

    it('refuses times and limits out of range: input.invalid', async () => {
      const { store } = await open()

      for (const options of [{ finishedBeforeMs: -1 }, { finishedBeforeMs: 1, limit: 0 }])
        await expect(store.retention.deleteFinishedTasks(options)).rejects.toMatchObject({ code: 'input.invalid' })
    })
  })

  describe('deleting processes that ended', () => {
    const register = (test: TestStore, id: string) =>
      test.store.processes.register({ id, kind: 'worker', host: 'h', pid: 1, version: '0' })
    const idsOf = async ({ store }: TestStore): Promise<readonly string[]> =>
      (await store.processes.list({ limit: 100 })).map(({ id }) => id).filter((id) => id.startsWith('w-'))

    it('takes those that stopped or died before a time, and no other', async () => {
      const test = await open()
      const { store, clock } = test
      for (const id of ['w-stopped', 'w-dead', 'w-alive', 'w-late']) await register(test, id)
      await store.processes.stop('w-stopped')
      await store.sweep.recoverProcess({ processId: 'w-dead', sweeper: 's', errorCheckpoints: false })
      clock.advance(10)
      const endedBeforeMs = clock.nowMs()
      await store.processes.stop('w-late')

      expect(await store.retention.deleteEndedProcesses({ endedBeforeMs })).toEqual({ deleted: 2 })
      expect((await idsOf(test)).toSorted()).toEqual(['w-alive', 'w-late'])
    })

    it('leaves one that still holds a lease', async () => {
      const test = await open()
      const { store, clock } = test
      await register(test, 'w-1')
      const lease = await leasedItem(test, { processId: 'w-1' })
      await store.processes.stop('w-1')
      clock.advance(1)

      expect(await store.retention.deleteEndedProcesses({ endedBeforeMs: clock.nowMs() })).toEqual({ deleted: 0 })
      await store.leases.complete(lease, null)
      expect(await store.retention.deleteEndedProcesses({ endedBeforeMs: clock.nowMs() })).toEqual({ deleted: 1 })
    })

    it('takes at most `limit` in one step', async () => {
      const test = await open()
      for (const id of ['w-1', 'w-2', 'w-3']) {
        await register(test, id)
        await test.store.processes.stop(id)
      }
      test.clock.advance(1)
      const step = { endedBeforeMs: test.clock.nowMs(), limit: 2 }

      expect(await test.store.retention.deleteEndedProcesses(step)).toEqual({ deleted: 2 })
      expect(await test.store.retention.deleteEndedProcesses(step)).toEqual({ deleted: 1 })
    })

    it('refuses times and limits out of range: input.invalid', async () => {
      const { store } = await open()

      for (const options of [{ endedBeforeMs: -1 }, { endedBeforeMs: 1, limit: 0 }])
        await expect(store.retention.deleteEndedProcesses(options)).rejects.toMatchObject({ code: 'input.invalid' })
    })
  })

  describe('counting what retention would delete', () => {
    it('counts ended tasks and processes and expired keys, and touches none', async () => {
      const test = await open()
      const { store, clock } = test
      await store.leases.complete(await leasedItem(test), null)
      await leasedItem(test)
      await store.processes.register({ id: 'w-1', kind: 'worker', host: 'h', pid: 1, version: '0' })
      await store.processes.stop('w-1')
      await store.idempotency.checkOrCreate('k', { request: 1, ttlMs: 1_000, leaseMs: 1_000 })
      clock.advance(1_000)
      const times = { finishedBeforeMs: clock.nowMs(), endedBeforeMs: clock.nowMs() }

      expect(await store.retention.count(times)).toEqual({ tasks: 1, processes: 1, expiredKeys: 1 })
      expect(await store.retention.count(times)).toEqual({ tasks: 1, processes: 1, expiredKeys: 1 })
      expect(await store.retention.count({ finishedBeforeMs: 1, endedBeforeMs: 1 })).toEqual({
        tasks: 0,
        processes: 0,
        expiredKeys: 1,
      })
    })

    it('counts superseded checkpoints as pruning would delete them, in steps', async () => {
      const test = await open()
      const leases = [await leasedItem(test), await leasedItem(test)]
      for (const lease of leases) await append(test, lease, 5)
      const { retention } = test.store

      const first = await retention.countSuperseded({ keep: 2, limit: 1 })
      const second = await retention.countSuperseded({ keep: 2, afterItemSeq: first.nextItemSeq ?? 0 })

      expect([first.superseded, second]).toEqual([3, { superseded: 3, nextItemSeq: undefined }])
      expect(await retention.pruneCheckpoints({ keep: 2 })).toMatchObject({ deleted: 6 })
    })
  })
}
