import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { createWorker, defineTask } from '../src/index.js'
import { engineKit } from './engine-kit.js'
import { until } from './fake-time.js'
import { gate } from './gate.js'

describe('a worker', () => {
  it('runs a submitted task and keeps its result', async () => {
    const { work, submit, ended } = await engineKit()
    const greet = defineTask('greet', { input: z.object({ name: z.string() }) }, async (_, { name }) => `hello ${name}`)
    const id = await submit(greet, { name: 'Ada' })

    await work([greet])

    expect(await ended(id)).toMatchObject({ state: 'completed', result: 'hello Ada' })
  })

  it('hands the handler what the schema makes of the input, and stores what the output schema makes of the result', async () => {
    const { work, submit, ended } = await engineKit()
    const seen: unknown[] = []
    const double = defineTask(
      'double',
      {
        input: z.object({ n: z.string().transform(Number) }),
        output: z.number().transform((n) => ({ doubled: n })),
      },
      (_, { n }) => {
        seen.push(n)
        return n * 2
      },
    )
    const id = await submit(double, { n: '21' })

    await work([double])

    expect(await ended(id)).toMatchObject({ result: { doubled: 42 } })
    expect(seen).toEqual([21])
  })

  it('keeps null for a handler that returns nothing', async () => {
    const { work, submit, ended } = await engineKit()
    const quiet = defineTask('quiet', {}, () => {})
    const id = await submit(quiet)

    await work([quiet])

    expect(await ended(id)).toMatchObject({ state: 'completed', result: null })
  })

  it('runs at most `concurrency` items at once, and fills a slot as soon as it is free', async () => {
    const { work, submit, ended } = await engineKit()
    const gates = [gate(), gate(), gate()]
    const started: number[] = []
    const wait = defineTask('wait', { input: z.number() }, async (_, n) => {
      started.push(n)
      await gates[n]?.opened
    })
    const ids = [await submit(wait, 0), await submit(wait, 1), await submit(wait, 2)]
    const worker = await work([wait], { concurrency: 2 })

    await until(() => started.length === 2)
    expect(worker.metrics().running).toBe(2)
    gates[0]?.open()
    await until(() => started.length === 3)

    expect(started).toEqual([0, 1, 2])
    gates[1]?.open()
    gates[2]?.open()
    for (const id of ids) expect((await ended(id)).state).toBe('completed')
  })

  it('takes the items of one tick in one claim', async () => {
    const { work, submit, ended } = await engineKit()
    const quick = defineTask('quick', {}, () => 'done')
    const ids = await Promise.all(Array.from({ length: 10 }, () => submit(quick)))

    const worker = await work([quick], { concurrency: 10 })

    for (const id of ids) await ended(id)
    const { claimed, claims, emptyClaims } = worker.metrics()
    expect({ claimed, full: claims - emptyClaims }).toEqual({ claimed: 10, full: 1 })
  })

  it('never claims an item of a type that it has no definition for', async () => {
    const { store, time, work, submit, ended } = await engineKit()
    const known = defineTask('known', {}, () => 'done')
    const unknown = defineTask('unknown', {}, () => 'never')
    const other = await submit(unknown)
    const id = await submit(known)

    await work([known])

    await ended(id)
    await time.advance(5_000)
    expect(await store.workItems.require(other)).toMatchObject({ state: 'pending', attempt: 0 })
  })

  it('lets an unknown type of a shared queue rest, at no cost of an attempt', async () => {
    const { store, time, events, work, submit } = await engineKit()
    const known = defineTask('known', { queue: 'shared' }, () => 'done')
    const unknown = defineTask('unknown', { queue: 'shared' }, () => 'never')
    const id = await submit(unknown)

    await work([known])

    await until(() => events.some(({ event }) => event === 'item.released'))
    expect(await store.workItems.require(id)).toMatchObject({
      state: 'scheduled',
      attempt: 0,
      visibleAtMs: time.nowMs() + 5_000,
    })
    expect(events.map(({ event }) => event)).toEqual(['item.unknown_type', 'item.released'])
  })

  it('claims only from the queues and tenants that it is told', async () => {
    const { store, time, work, submit, ended } = await engineKit()
    const mail = defineTask('mail', {}, () => 'sent')
    const print = defineTask('print', {}, () => 'printed')
    const printing = await submit(print)
    const foreign = await submit(mail, null, { tenant: 'other' })
    const own = await submit(mail)

    await work([mail, print], { queues: ['mail'], tenants: ['default'] })

    await ended(own)
    await time.advance(2_000)
    expect((await store.workItems.require(printing)).state).toBe('pending')
    expect((await store.workItems.require(foreign, { tenant: 'other' })).state).toBe('pending')
  })

  it('serves several tenants, each under its own name', async () => {
    const { store, work, submit } = await engineKit()
    const whose = defineTask('whose', {}, (ctx) => ctx.tenant)
    const first = await submit(whose, null, { tenant: 'first' })
    const second = await submit(whose, null, { tenant: 'second' })

    await work([whose], { tenants: ['first', 'second'] })

    const result = async (id: string, tenant: string) => (await store.tasks.require(id, { tenant })).result
    await until(async () => (await result(second, 'second')) !== undefined)
    await until(async () => (await result(first, 'first')) !== undefined)
    expect([await result(first, 'first'), await result(second, 'second')]).toEqual(['first', 'second'])
  })

  it('finds work that others submit at the latest after `pollMs`, and at once after a nudge', async () => {
    const { time, work, submit, ended } = await engineKit()
    const quick = defineTask('quick', {}, () => 'done')
    const worker = await work([quick], { pollMs: 500 })
    await time.advance(10_000)

    const polled = await submit(quick)
    await time.advance(500)
    expect((await ended(polled)).state).toBe('completed')

    await time.advance(10_000)
    const nudged = await submit(quick)
    worker.nudge()
    expect((await ended(nudged)).state).toBe('completed')
  })

  it('looks for work now and then while there is none, and claims nothing where it sees nothing', async () => {
    const { store, time, work } = await engineKit()
    const peek = vi.spyOn(store.leases, 'peek')
    const worker = await work([defineTask('quick', {}, () => 'done')], { pollMs: 500 })

    await time.advance(60_000)

    expect(peek.mock.calls.length).toBeGreaterThan(115)
    expect(peek.mock.calls.length).toBeLessThan(125)
    expect(worker.metrics().claims).toBe(1)
  })

  it('goes on after a claim that failed', async () => {
    const { store, time, events, work, submit, ended } = await engineKit()
    const quick = defineTask('quick', {}, () => 'done')
    const claim = store.leases.claim.bind(store.leases)
    let failures = 2
    store.leases.claim = async (request) => {
      if (failures-- > 0) throw new Error('the store is away')
      return claim(request)
    }
    const id = await submit(quick)

    await work([quick])
    await time.advance(1_000)

    expect((await ended(id)).state).toBe('completed')
    expect(events.filter(({ event }) => event === 'worker.error')).toHaveLength(2)
  })

  it('tries a settlement again until the store takes it', async () => {
    const { store, time, events, work, submit, ended } = await engineKit()
    const quick = defineTask('quick', {}, () => 'done')
    const completeAll = store.leases.completeAll.bind(store.leases)
    let failures = 3
    store.leases.completeAll = async (batch) => {
      if (failures-- > 0) throw new Error('the disk is full')
      return completeAll(batch)
    }
    const id = await submit(quick)

    const worker = await work([quick])
    await until(() => worker.metrics().errors > 0)
    await time.advance(5_000)

    expect(await ended(id)).toMatchObject({ state: 'completed', result: 'done' })
    expect(events.filter(({ event }) => event === 'item.completed')).toHaveLength(1)
  })

  it('tells what happens to each item, and counts it', async () => {
    const { events, work, submit, ended } = await engineKit()
    const quick = defineTask('quick', {}, () => 'done')
    const id = await submit(quick)

    const worker = await work([quick])
    await ended(id)
    await until(() => worker.metrics().completed === 1)

    const about = { tenant: 'default', taskId: id, workItemId: id, type: 'quick', attempt: 1 }
    expect(events).toEqual([
      { event: 'item.started', ...about },
      { event: 'item.completed', ...about, durationMs: expect.any(Number) },
    ])
  })

  it('never starts when it was stopped before, or while it started', async () => {
    const { store } = await engineKit()
    const tasks = [defineTask('quick', {}, () => 'done')]
    const before = createWorker({ store, tasks })
    const meanwhile = createWorker({ store, tasks })

    await before.stop()
    await before.start()
    await Promise.all([meanwhile.start(), meanwhile.stop()])

    expect([before.isRunning, meanwhile.isRunning]).toEqual([false, false])
  })

  it('starts once, and stays stopped', async () => {
    const { work } = await engineKit()
    const worker = await work([defineTask('quick', {}, () => 'done')])

    await worker.start()
    expect(worker.isRunning).toBe(true)
    await Promise.all([worker.stop(), worker.stop()])
    await worker.start()

    expect(worker.isRunning).toBe(false)
  })
})
