import { describe, expect, it } from 'vitest'
import { defineTask } from '../src/index.js'
import { engineKit } from './engine-kit.js'
import { until } from './fake-time.js'
import { gate } from './gate.js'

/** One slot, which a gated item fills, and more items behind it. */
const withOneBusySlot = async (waiting: number) => {
  const kit = await engineKit()
  const door = gate()
  const order: number[] = []
  const task = defineTask('task', {}, async (ctx) => {
    order.push(ctx.attempt)
    await door.opened
    return 'done'
  })
  const first = await kit.submit(task)
  const rest: string[] = []
  for (let i = 0; i < waiting; i++) rest.push(await kit.submit(task))
  const worker = await kit.work([task], { concurrency: 1, prefetch: waiting, graceMs: 1_000 })
  await until(() => worker.metrics().ahead === waiting, 'the claim ahead')
  return { ...kit, task, first, rest, door, worker }
}

describe('items claimed ahead', () => {
  it('are leased and marked, and have not begun', async () => {
    const { store, rest } = await withOneBusySlot(3)

    for (const id of rest)
      expect(await store.workItems.require(id)).toMatchObject({ state: 'running', isAhead: true, startedAtMs: null })
  })

  it('run when a slot is free, as an attempt that counts', async () => {
    const { store, rest, door, ended } = await withOneBusySlot(3)

    door.open()

    for (const id of rest) {
      expect((await ended(id)).state).toBe('completed')
      expect(await store.workItems.require(id)).toMatchObject({ isAhead: false, attempt: 1 })
    }
  })

  it('keep their leases while they wait', async () => {
    const { store, time, rest, door, ended } = await withOneBusySlot(2)

    await time.advance(120_000)
    expect(await store.sweep.recoverExpired({ sweeper: 'test' })).toMatchObject({ found: 0 })
    door.open()

    for (const id of rest) expect((await ended(id)).state).toBe('completed')
  })

  it('go back when the worker stops, and have burnt no attempt', async () => {
    const { store, time, rest, worker } = await withOneBusySlot(3)

    const stopped = worker.stop()
    await time.advance(60_000)
    await stopped

    for (const id of rest)
      expect(await store.workItems.require(id)).toMatchObject({
        state: 'pending',
        reason: 'ahead_returned',
        attempt: 0,
      })
  })

  it('that were cancelled meanwhile never begin', async () => {
    const { store, rest, door, events, ended } = await withOneBusySlot(2)
    const [cancelled = '', other = ''] = rest

    await store.tasks.cancel(cancelled)
    door.open()

    expect((await ended(other)).state).toBe('completed')
    expect(events.filter((told) => told.event === 'item.started' && told.workItemId === cancelled)).toEqual([])
  })
})
