import { describe, expect, it } from 'vitest'
import { defineTask, type TaskContext } from '../src/index.js'
import { engineKit } from './engine-kit.js'
import { until } from './fake-time.js'
import { gate } from './gate.js'

/** A handler that ends when its signal does, and notes why. */
const obedient = (reasons: unknown[]) => (ctx: TaskContext) =>
  new Promise((_, reject) => {
    ctx.signal.addEventListener('abort', () => {
      reasons.push(ctx.signal.reason.code)
      reject(ctx.signal.reason)
    })
  })

describe("a handler's signal", () => {
  it('aborts within a second of the cancellation of its task', async () => {
    const { store, time, events, work, submit } = await engineKit()
    const reasons: unknown[] = []
    const long = defineTask('long', {}, obedient(reasons))
    const id = await submit(long)
    await work([long])
    await until(() => events.length === 1)

    await store.tasks.cancel(id)
    await time.advance(1_000)

    expect(reasons).toEqual(['work_item.cancelled'])
    expect((await store.tasks.require(id)).state).toBe('cancelled')
    expect(events.at(-1)).toMatchObject({ event: 'item.lost', code: 'work_item.cancelled' })
  })

  it('aborts for the one cancelled item among more than fit on a page of leases', async () => {
    const { store, time, events, work, submit } = await engineKit()
    const reasons: unknown[] = []
    const long = defineTask('long', {}, obedient(reasons))
    const ids: string[] = []
    for (let i = 0; i < 600; i++) ids.push(await submit(long))
    const worker = await work([long], { concurrency: 600, graceMs: 1 })
    await until(() => events.length === 600)

    await store.tasks.cancel(ids[599] ?? '')
    await time.advance(3_000)

    expect(reasons).toEqual(['work_item.cancelled'])
    expect(worker.metrics()).toMatchObject({ running: 599, lost: 1 })
  })

  it('aborts when the lease was taken back, and what the handler writes after it is refused', async () => {
    const { store, time, events, work, submit } = await engineKit()
    const refusals: unknown[] = []
    const long = defineTask('long', {}, async (ctx) => {
      await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
      refusals.push(ctx.signal.reason.code)
      await ctx.checkpoint('manual_checkpoint', { late: true }).catch((error) => refusals.push(error.code))
      return 'late'
    })
    const id = await submit(long)
    await work([long], { concurrency: 1 })
    await until(() => events.length === 1)

    await store.sweep.recoverProcess({ processId: store.info().processId, sweeper: 'test' })
    await time.advance(1_000)

    expect(refusals).toEqual(['lease.lost', 'lease.lost'])
    expect(events[1]).toMatchObject({ event: 'item.lost', code: 'lease.lost' })
    expect(await store.workItems.require(id)).toMatchObject({ state: 'running', attempt: 2, result: undefined })
  })

  it('aborts when its time is over, and the attempt counts as a retryable failure', async () => {
    const { store, time, events, work, submit, ended } = await engineKit()
    const reasons: unknown[] = []
    const slow = defineTask('slow', { timeoutMs: 5_000, maxAttempts: 2 }, obedient(reasons))
    const id = await submit(slow)
    await work([slow])
    await until(() => events.length === 1)

    await time.advance(4_999)
    expect(reasons).toEqual([])
    await time.advance(1)
    expect(reasons).toEqual(['work_item.timeout'])
    expect(await store.workItems.require(id)).toMatchObject({ state: 'scheduled', attempt: 1 })

    await time.advance(20_000)
    expect(await ended(id)).toMatchObject({ state: 'failed', error: { code: 'work_item.timeout' } })
  })

  it('aborts at the deadline, and the item fails for good', async () => {
    const { time, events, work, submit, ended } = await engineKit()
    const reasons: unknown[] = []
    const slow = defineTask('slow', { maxAttempts: 5 }, obedient(reasons))
    const id = await submit(slow, null, { deadlineAtMs: time.nowMs() + 5_000 })
    await work([slow])
    await until(() => events.length === 1)

    await time.advance(5_000)

    expect(reasons).toEqual(['work_item.deadline_exceeded'])
    expect(await ended(id)).toMatchObject({ state: 'failed', error: { code: 'work_item.deadline_exceeded' } })
  })

  it('aborts before a handler is called whose deadline has passed by then', async () => {
    const { time, work, submit, ended } = await engineKit()
    let calls = 0
    const late = defineTask('late', {}, () => {
      calls += 1
    })
    const id = await submit(late, null, { deadlineAtMs: time.nowMs() + 1_000 })
    await time.advance(1_000)

    await work([late])

    expect(await ended(id)).toMatchObject({ state: 'failed', error: { code: 'work_item.deadline_exceeded' } })
    expect(calls).toBe(0)
  })

  it('makes the timeout the outcome, even of a handler that comes back with a result', async () => {
    const { time, events, work, submit, ended } = await engineKit()
    const stubborn = defineTask('stubborn', { timeoutMs: 5_000, maxAttempts: 1 }, (ctx) => {
      return new Promise((resolve) => ctx.signal.addEventListener('abort', () => resolve('too late')))
    })
    const id = await submit(stubborn)
    await work([stubborn])
    await until(() => events.length === 1)

    await time.advance(5_000)

    expect(await ended(id)).toMatchObject({ state: 'failed', error: { code: 'work_item.timeout' } })
  })

  it('ignored for the grace time, leaves the handler behind: its slot is free and its writes are refused', async () => {
    const { time, events, work, submit, ended } = await engineKit()
    const door = gate()
    const refusals: unknown[] = []
    const deaf = defineTask('deaf', { timeoutMs: 1_000, maxAttempts: 1 }, async (ctx) => {
      await door.opened
      await ctx.log('still here').catch((error) => refusals.push(error.code))
    })
    const quick = defineTask('quick', {}, () => 'done')
    const first = await submit(deaf)
    const worker = await work([deaf, quick], { concurrency: 1, graceMs: 500 })
    await until(() => events.length === 1)
    const second = await submit(quick)

    await time.advance(1_499)
    expect(worker.metrics()).toMatchObject({ running: 1, abandoned: 0 })
    await time.advance(1)

    expect(await ended(first)).toMatchObject({ state: 'failed', error: { code: 'work_item.timeout' } })
    expect((await ended(second)).state).toBe('completed')
    expect(worker.metrics().abandoned).toBe(1)
    door.open()
    await until(() => refusals.length === 1)
    expect(refusals).toEqual(['work_item.already_terminal'])
  })

  it('aborts with the true reason when a heartbeat comes after the lease ran out', async () => {
    const { time, events, work, submit, store } = await engineKit()
    const reasons: unknown[] = []
    const long = defineTask('long', { leaseMs: 3_000, maxAttempts: 2 }, obedient(reasons))
    const id = await submit(long)
    await work([long], { leasePollMs: 60_000 })
    await until(() => events.length === 1)

    time.stand(3_001)
    await time.advance(1)

    expect(reasons).toEqual(['lease.expired'])
    expect(await store.workItems.require(id)).toMatchObject({ state: 'scheduled', attempt: 1 })
  })

  it('stays silent while heartbeats keep the lease, however long the handler takes', async () => {
    const { store, time, events, work, submit, ended } = await engineKit()
    const door = gate()
    const long = defineTask('long', { leaseMs: 3_000 }, async (ctx) => {
      await door.opened
      return ctx.signal.aborted
    })
    const id = await submit(long)
    await work([long])
    await until(() => events.length === 1)

    await time.advance(60_000)
    await store.sweep.recoverExpired({ sweeper: 'test' })
    door.open()

    expect(await ended(id)).toMatchObject({ state: 'completed', result: false })
    expect(await store.workItems.require(id)).toMatchObject({ attempt: 1 })
  })
})
