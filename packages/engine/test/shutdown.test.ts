import { describe, expect, it } from 'vitest'
import { defineTask, type TaskContext } from '../src/index.js'
import { engineKit } from './engine-kit.js'
import { until } from './fake-time.js'
import { gate } from './gate.js'

describe('stopping a worker', () => {
  it('lets what runs finish within the grace time', async () => {
    const { time, events, work, submit, ended } = await engineKit()
    const door = gate()
    const long = defineTask('long', {}, () => door.opened.then(() => 'finished'))
    const id = await submit(long)
    const worker = await work([long], { graceMs: 5_000 })
    await until(() => events.length === 1)

    const stopped = worker.stop()
    await time.advance(4_000)
    door.open()
    await stopped

    expect(await ended(id)).toMatchObject({ state: 'completed', result: 'finished' })
  })

  it('claims nothing more', async () => {
    const { store, time, events, work, submit } = await engineKit()
    const door = gate()
    const long = defineTask('long', {}, () => door.opened)
    await submit(long)
    const worker = await work([long], { concurrency: 1, graceMs: 5_000 })
    await until(() => events.length === 1)
    const next = await submit(long)

    const stopped = worker.stop()
    door.open()
    await time.advance(60_000)
    await stopped

    expect(await store.workItems.require(next)).toMatchObject({ state: 'pending', attempt: 0 })
  })

  it('aborts what takes longer, with the reason shutdown, and hands it back with its attempt', async () => {
    const { store, time, events, work, submit } = await engineKit()
    const reasons: unknown[] = []
    const long = defineTask('long', {}, (ctx: TaskContext) => {
      return new Promise((_, reject) => {
        ctx.signal.addEventListener('abort', () => {
          reasons.push(ctx.signal.reason.code)
          reject(ctx.signal.reason)
        })
      })
    })
    const id = await submit(long)
    const worker = await work([long], { graceMs: 5_000 })
    await until(() => events.length === 1)

    const stopped = worker.stop()
    await time.advance(5_000)
    await stopped

    expect(reasons).toEqual(['worker.shutdown'])
    expect(await store.workItems.require(id)).toMatchObject({ state: 'pending', reason: 'released', attempt: 0 })
  })

  it('lets a handler save its progress after shutdown was called', async () => {
    const { store, time, events, work, submit } = await engineKit()
    const long = defineTask('long', {}, async (ctx: TaskContext) => {
      await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
      await ctx.checkpoint('manual_checkpoint', { at: 7 })
      throw new Error('the rest is for the next')
    })
    const id = await submit(long)
    const worker = await work([long], { graceMs: 5_000 })
    await until(() => events.length === 1)

    const stopped = worker.stop()
    await time.advance(5_000)
    await stopped

    expect(await store.workItems.require(id)).toMatchObject({ state: 'pending', attempt: 0 })
    expect(await store.checkpoints.latest(id)).toMatchObject({ snapshot: { at: 7 } })
  })

  it('hands back what ignores its signal, within a bounded time', async () => {
    const { store, time, events, work, submit } = await engineKit()
    const deaf = defineTask('deaf', {}, () => new Promise(() => {}))
    const id = await submit(deaf)
    const worker = await work([deaf], { graceMs: 5_000 })
    await until(() => events.length === 1)

    const startedMs = time.monotonicMs()
    const stopped = worker.stop().then(() => time.monotonicMs() - startedMs)
    await time.advance(6_000)

    expect(await stopped).toBeLessThanOrEqual(6_000)
    expect(await store.workItems.require(id)).toMatchObject({ state: 'pending', attempt: 0 })
  })

  it('is bounded even when the store takes no more settlements', async () => {
    const { store, time, events, work, submit } = await engineKit()
    const quick = defineTask('quick', {}, () => 'done')
    store.leases.completeAll = () => Promise.reject(new Error('the disk is full'))
    await submit(quick)
    const worker = await work([quick], { graceMs: 1_000 })
    await until(() => events.some(({ event }) => event === 'worker.error'))

    const startedMs = time.monotonicMs()
    const stopped = worker.stop().then(() => time.monotonicMs() - startedMs)
    await time.advance(60_000)

    expect(await stopped).toBeLessThanOrEqual(5_000)
    expect(events.at(-1)?.event).toBe('item.unsettled')
  })

  it('hands back an item whose claim was answered while the worker stopped', async () => {
    const { store, work, submit } = await engineKit()
    const quick = defineTask('quick', {}, () => 'done')
    const [asked, answer] = [gate(), gate()]
    const claim = store.leases.claim.bind(store.leases)
    store.leases.claim = async (request) => {
      const leases = await claim(request)
      asked.open()
      await answer.opened
      return leases
    }
    const id = await submit(quick)
    const worker = await work([quick])
    await asked.opened

    const stopped = worker.stop()
    answer.open()
    await stopped

    expect(await store.workItems.require(id)).toMatchObject({ state: 'pending', attempt: 0 })
  })
})
