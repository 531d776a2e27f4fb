import { describe, expect, it } from 'vitest'
import type { OpenTestStore } from '../open-test-store.js'
import { leasedItem } from './leased-item.js'
import { claimMany, claimOne } from './claiming.js'

const failure = { code: 'test.broken', message: 'it broke' }

export const leasesContract = (open: OpenTestStore): void => {
  describe('claiming', () => {
    it('leases a pending item to its owner, and counts the attempt', async () => {
      const test = await open()
      const id = await test.enqueue({ input: { n: 1 }, priority: 7, timeoutMs: 5_000 })

      const lease = await claimOne(test, { owner: 'worker-a', leaseMs: 1_000 })

      expect(lease).toEqual({
        tenant: 'default',
        workItemId: id,
        fencingToken: 1,
        taskId: id,
        isRoot: true,
        type: 'test',
        queue: 'test',
        priority: 7,
        attempt: 1,
        maxAttempts: 3,
        leaseMs: 1_000,
        leaseExpiresAtMs: test.clock.nowMs() + 1_000,
        isAhead: false,
        input: { n: 1 },
        deadlineAtMs: null,
        timeoutMs: 5_000,
        createdAtMs: test.clock.nowMs(),
      })
      expect(await test.store.workItems.require(id)).toMatchObject({
        state: 'running',
        leaseOwner: 'worker-a',
        attempt: 1,
        startedAtMs: test.clock.nowMs(),
      })
    })

    it('is empty when nothing is pending', async () => {
      const test = await open()
      await test.enqueue()
      await claimOne(test)

      expect(await claimMany(test)).toEqual([])
    })

    it('never gives two workers the same item', async () => {
      const test = await open()
      for (let n = 0; n < 20; n += 1) await test.enqueue({ input: n })

      const claims = await Promise.all(['a', 'b', 'c', 'd'].map((owner) => claimMany(test, { owner, limit: 7 })))

      const ids = claims.flat().map((lease) => lease.workItemId)
      expect(ids).toHaveLength(20)
      expect(new Set(ids).size).toBe(20)
    })

    it('gives many workers different items', async () => {
      const test = await open()
      for (let n = 0; n < 10; n += 1) await test.enqueue({ input: n })

      const leases = await Promise.all(Array.from({ length: 10 }, (_, n) => claimOne(test, { owner: `worker-${n}` })))

      expect(new Set(leases.map((lease) => lease.workItemId)).size).toBe(10)
    })

    it('goes by priority, larger first, and by age within one priority', async () => {
      const test = await open()
      const low = await test.enqueue({ priority: -1 })
      const old = await test.enqueue()
      const young = await test.enqueue()
      const high = await test.enqueue({ priority: 10 })

      const leases = await claimMany(test)

      expect(leases.map((lease) => lease.workItemId)).toEqual([high, old, young, low])
    })

    it('takes items of the queues that it names, and no others', async () => {
      const test = await open()
      const mail = await test.enqueue({ type: 'mail' })
      const print = await test.enqueue({ type: 'print' })
      await test.enqueue({ type: 'other' })

      const leases = await claimMany(test, { queues: ['mail', 'print'] })

      expect(leases.map((lease) => lease.workItemId)).toEqual([mail, print])
    })

    it('takes the queues in turn, so that a full one starves no other', async () => {
      const test = await open()
      for (const queue of ['one', 'two', 'three']) {
        await test.enqueue({ queue, input: 1 })
        await test.enqueue({ queue, input: 2 })
      }
      const queues = ['one', 'two', 'three']

      const turns: string[] = []
      for (let rotation = 0; rotation < 3; rotation += 1) {
        turns.push((await claimOne(test, { queues, rotation })).queue)
      }

      expect(turns).toEqual(['one', 'two', 'three'])
    })

    it('takes the items of one task, whatever their queue', async () => {
      const test = await open()
      const taskId = await test.enqueue()
      await test.store.workItems.spawn(await claimOne(test), [{ id: 'child', type: 'child', input: null }])
      await test.enqueue({ type: 'child' })

      const leases = await claimMany(test, { taskId })

      expect(leases.map((lease) => lease.workItemId)).toEqual(['child'])
    })

    it('takes from the tenants that it names', async () => {
      const test = await open()
      const ours = await test.enqueue()
      const { taskId: theirs } = await test.store.tasks.submit({ type: 'test', input: null }, { tenant: 'two' })
      await test.store.tasks.submit({ type: 'test', input: null }, { tenant: 'three' })

      const leases = await claimMany(test, { tenants: ['default', 'two'] })

      expect(leases.map((lease) => [lease.tenant, lease.workItemId])).toEqual([
        ['default', ours],
        ['two', theirs],
      ])
    })

    it('never takes an item whose time has not come, and takes it as soon as it has', async () => {
      const test = await open()
      const id = await test.enqueue({ delayMs: 500 })

      expect(await test.store.workItems.require(id)).toMatchObject({ state: 'scheduled' })
      test.clock.advance(499)
      expect(await claimMany(test)).toEqual([])
      test.clock.advance(1)
      expect(await claimOne(test)).toMatchObject({ workItemId: id })
    })

    it('promotes a hundred due items at most, and the next claim goes on', async () => {
      const test = await open()
      await test.enqueue()
      const items = Array.from({ length: 150 }, (_, n) => ({ key: `${n}`, type: 'late', input: n, delayMs: 10 }))
      await test.store.workItems.spawn(await claimOne(test), items)
      test.clock.advance(10)

      expect(await claimMany(test, { queue: 'late' })).toHaveLength(100)
      expect(await claimMany(test, { queue: 'late' })).toHaveLength(50)
    })

    it('leaves an expired lease to the sweep', async () => {
      const test = await open()
      await test.enqueue()
      await claimOne(test, { leaseMs: 1_000 })
      test.clock.advance(5_000)

      expect(await claimMany(test)).toEqual([])
    })

    it.each([
      ['no queue', { owner: 'w' }],
      ['an empty list of queues', { owner: 'w', queues: [] }],
      ['a queue and queues', { owner: 'w', queue: 'a', queues: ['b'] }],
      ['a task and a queue', { owner: 'w', taskId: 't', queue: 'a' }],
      ['a task and two tenants', { owner: 'w', taskId: 't', tenants: ['a', 'b'] }],
      ['a tenant and tenants', { owner: 'w', queue: 'a', tenant: 'a', tenants: ['b'] }],
      ['an empty owner', { owner: '', queue: 'a' }],
      ['a limit of nothing', { owner: 'w', queue: 'a', limit: 0 }],
      ['a limit past 1,000', { owner: 'w', queue: 'a', limit: 1_001 }],
      ['half an item', { owner: 'w', queue: 'a', limit: 0.5 }],
      ['a lease of nothing', { owner: 'w', queue: 'a', leaseMs: 0 }],
      ['a lease of more than a day', { owner: 'w', queue: 'a', leaseMs: 86_400_001 }],
      ['a negative rotation', { owner: 'w', queue: 'a', rotation: -1 }],
    ])('is refused with %s', async (_, request) => {
      const { store } = await open()

      await expect(store.leases.claim(request)).rejects.toMatchObject({ code: 'input.invalid' })
    })
  })

  describe('a lease', () => {
    it('is renewed by a heartbeat, which changes nothing else', async () => {
      const test = await open()
      const id = await test.enqueue()
      const lease = await claimOne(test, { leaseMs: 1_000 })
      const before = await test.store.workItems.require(id)
      test.clock.advance(900)

      const expiresAtMs = await test.store.leases.heartbeat(lease, { leaseMs: 2_000 })

      const nowMs = test.clock.nowMs()
      expect(expiresAtMs).toBe(nowMs + 2_000)
      expect(await test.store.workItems.require(id)).toEqual({
        ...before,
        leaseMs: 2_000,
        leaseExpiresAtMs: nowMs + 2_000,
        heartbeatAtMs: nowMs,
        updatedAtMs: nowMs,
      })
    })

    it('refuses a heartbeat of a worker that does not hold it', async () => {
      const test = await open()
      await test.enqueue()
      const lease = await claimOne(test)

      await expect(test.store.leases.heartbeat({ ...lease, fencingToken: 7 })).rejects.toMatchObject({
        code: 'lease.lost',
        details: { heldToken: 7, currentToken: 1, state: 'running' },
      })
    })

    it('refuses a heartbeat once its time is over', async () => {
      const test = await open()
      await test.enqueue()
      const lease = await claimOne(test, { leaseMs: 1_000 })
      test.clock.advance(1_000)

      await expect(test.store.leases.heartbeat(lease)).rejects.toMatchObject({ code: 'lease.expired' })
    })

    it('is renewed after the wall clock was set forwards by whoever knows that its time is not over', async () => {
      const test = await open()
      await test.enqueue()
      const lease = await claimOne(test, { leaseMs: 1_000 })
      test.clock.jump(3_600_000)

      const [answer] = await test.store.leases.heartbeatAll([lease], { leaseMs: 1_000, isLive: true })

      expect(answer).toMatchObject({ code: null, leaseExpiresAtMs: test.clock.nowMs() + 1_000 })
    })

    it('is not renewed by a stale holder, whatever he knows of its time', async () => {
      const test = await open()
      await test.enqueue()
      const stale = await claimOne(test, { leaseMs: 1_000 })
      await test.store.leases.release(stale)
      await claimOne(test, { leaseMs: 1_000 })

      const [answer] = await test.store.leases.heartbeatAll([stale], { leaseMs: 1_000, isLive: true })

      expect(answer).toMatchObject({ code: 'lease.lost' })
    })

    it('is seen as expired from the moment that its time is over', async () => {
      const test = await open()
      const id = await test.enqueue()
      await claimOne(test, { leaseMs: 1_000 })

      test.clock.advance(999)
      expect(await test.store.leases.status(id)).toMatchObject({ isExpired: false })
      test.clock.advance(1)
      expect(await test.store.leases.status(id)).toMatchObject({ isExpired: true, state: 'running' })
    })

    it('tells its state: owner, token, attempt and expiry', async () => {
      const test = await open()
      const id = await test.enqueue()

      expect(await test.store.leases.status(id)).toMatchObject({
        state: 'pending',
        owner: null,
        leaseExpiresAtMs: null,
      })

      await claimOne(test, { owner: 'worker-a', leaseMs: 1_000, processId: 'process-1' })
      expect(await test.store.leases.status(id)).toEqual({
        state: 'running',
        owner: 'worker-a',
        processId: 'process-1',
        fencingToken: 1,
        attempt: 1,
        leaseExpiresAtMs: test.clock.nowMs() + 1_000,
        isExpired: false,
      })
      expect(await test.store.leases.status('nobody')).toBeUndefined()
    })

    it('is among those of its process, oldest item first, in pages', async () => {
      const test = await open()
      const ids = [await test.enqueue(), await test.enqueue(), await test.enqueue()]
      await claimMany(test, { processId: 'process-1' })
      await test.enqueue()
      await claimOne(test, { processId: 'process-2' })

      const first = await test.store.leases.ofProcess('process-1', { limit: 2 })
      const second = await test.store.leases.ofProcess('process-1', { limit: 2, afterSeq: first.at(-1)?.seq ?? 0 })

      expect([...first, ...second].map((lease) => lease.workItemId)).toEqual(ids)
    })

    it('is worth nothing under a name that is used again: the token proves it, not the owner', async () => {
      const test = await open()
      await test.enqueue()
      const stale = await claimOne(test, { owner: 'worker-a', leaseMs: 1_000 })
      test.clock.advance(1_000)
      await test.store.sweep.recoverExpired({ sweeper: 'sweep' })
      const fresh = await claimOne(test, { owner: 'worker-a', leaseMs: 1_000 })

      const { leases } = test.store
      await expect(leases.heartbeat(stale)).rejects.toMatchObject({ code: 'lease.lost' })
      await expect(leases.complete(stale, 'late')).rejects.toMatchObject({
        code: 'lease.lost',
        details: { heldToken: 1, currentToken: 3 },
      })
      expect(await leases.complete(fresh, 'on time')).toEqual({ state: 'completed', duplicate: false })
    })

    it('is refused everything with lease.lost after another owner has finished the item', async () => {
      const test = await open()
      const id = await test.enqueue()
      const stale = await claimOne(test, { owner: 'stopped', leaseMs: 1_000 })
      test.clock.advance(1_000)
      await test.store.sweep.recoverExpired({ sweeper: 'sweep' })
      await test.store.leases.complete(await claimOne(test, { owner: 'other' }), 'first')

      const { leases } = test.store
      const lost = { code: 'lease.lost', details: { state: 'completed' } }
      await expect(leases.heartbeat(stale)).rejects.toMatchObject(lost)
      await expect(leases.start(stale)).rejects.toMatchObject(lost)
      await expect(leases.complete(stale, 'second')).rejects.toMatchObject(lost)
      await expect(leases.fail(stale, failure)).rejects.toMatchObject(lost)
      await expect(leases.release(stale)).rejects.toMatchObject(lost)
      expect(await test.store.workItems.require(id)).toMatchObject({ state: 'completed', result: 'first' })
    })

    it('is refused for an item that is not there', async () => {
      const { store } = await open()
      const nobody = { tenant: 'default', workItemId: 'nobody', fencingToken: 1 }

      const notFound = { code: 'work_item.not_found' }
      await expect(store.leases.heartbeat(nobody)).rejects.toMatchObject(notFound)
      await expect(store.leases.start(nobody)).rejects.toMatchObject(notFound)
      await expect(store.leases.complete(nobody)).rejects.toMatchObject(notFound)
      await expect(store.leases.fail(nobody, failure)).rejects.toMatchObject(notFound)
      await expect(store.leases.release(nobody)).rejects.toMatchObject(notFound)
    })
  })

  describe('completing', () => {
    it('ends the item with its result and lets go of the lease', async () => {
      const test = await open()
      const id = await test.enqueue()
      test.clock.advance(5)

      expect(await test.store.leases.complete(await claimOne(test), { answer: 42 })).toEqual({
        state: 'completed',
        duplicate: false,
      })

      expect(await test.store.workItems.require(id)).toMatchObject({
        state: 'completed',
        reason: 'completed',
        result: { answer: 42 },
        leaseOwner: null,
        leaseExpiresAtMs: null,
        processId: null,
        finishedAtMs: test.clock.nowMs(),
      })
    })

    it('answers the same completion again as a duplicate', async () => {
      const test = await open()
      await test.enqueue()
      const lease = await claimOne(test)
      await test.store.leases.complete(lease, { answer: 42 })

      expect(await test.store.leases.complete(lease, { answer: 42 })).toEqual({ state: 'completed', duplicate: true })
    })

    it('lets the first result stand, and tells the second caller', async () => {
      const test = await open()
      const id = await test.enqueue()
      const lease = await claimOne(test)
      await test.store.leases.complete(lease, 'first')

      const late = { code: 'work_item.already_terminal', details: { state: 'completed' } }
      await expect(test.store.leases.complete(lease, 'second')).rejects.toMatchObject(late)
      await expect(test.store.leases.fail(lease, failure)).rejects.toMatchObject(late)
      await expect(test.store.leases.release(lease)).rejects.toMatchObject(late)

      expect(await test.store.workItems.require(id)).toMatchObject({ state: 'completed', result: 'first' })
    })

    it('lets one of two that race win', async () => {
      const test = await open()
      const id = await test.enqueue()
      const lease = await claimOne(test)

      const verdicts = await test.store.leases.completeAll([
        { lease, result: 'first' },
        { lease, result: 'second' },
      ])

      expect(verdicts).toMatchObject([{ ok: true }, { ok: false, refusal: { code: 'work_item.already_terminal' } }])
      expect(await test.store.workItems.require(id)).toMatchObject({ result: 'first' })
    })

    it('is accepted after expiry as long as nobody revoked the lease', async () => {
      const test = await open()
      const id = await test.enqueue()
      const lease = await claimOne(test, { leaseMs: 1_000 })
      test.clock.advance(60_000)

      expect(await test.store.leases.complete(lease, 'late')).toEqual({ state: 'completed', duplicate: false })

      expect(await test.store.workItems.require(id)).toMatchObject({ result: 'late' })
      expect(await test.store.sweep.recoverExpired({ sweeper: 'sweep' })).toMatchObject({ found: 0 })
    })

    it('keeps a result of null', async () => {
      const test = await open()
      const id = await test.enqueue()

      await test.store.leases.complete(await claimOne(test))

      expect(await test.store.workItems.require(id)).toMatchObject({ state: 'completed', result: null })
    })

    it('of many at once answers each on its own', async () => {
      const test = await open()
      await test.enqueue()
      await test.enqueue()
      const [one, two] = await claimMany(test)
      if (!one || !two) throw new Error('two items were enqueued')
      const stale = { ...one, fencingToken: 9 }

      const verdicts = await test.store.leases.completeAll([
        { lease: stale, result: 0 },
        { lease: one, result: 1 },
        { lease: two, result: 2 },
      ])

      expect(verdicts.map((verdict) => verdict.ok)).toEqual([false, true, true])
      expect(verdicts[0]).toMatchObject({ refusal: { code: 'lease.lost' } })
    })

    it('of several callers at once answers each on its own', async () => {
      const test = await open()
      const ids = [await test.enqueue(), await test.enqueue(), await test.enqueue()]
      const [one, two, three] = await claimMany(test)
      if (!one || !two || !three) throw new Error('three items were enqueued')

      const answers = await Promise.allSettled([
        test.store.leases.complete(one, 1),
        test.store.leases.complete({ ...two, fencingToken: 9 }, 2),
        test.store.leases.complete(three, 3),
        test.store.leases.complete(three, 3),
      ])

      expect(answers).toMatchObject([
        { value: { duplicate: false } },
        { reason: { code: 'lease.lost' } },
        { value: { duplicate: false } },
        { value: { duplicate: true } },
      ])
      const states = await Promise.all(ids.map((id) => test.store.workItems.require(id)))
      expect(states.map(({ state }) => state)).toEqual(['completed', 'running', 'completed'])
    })

    it('of many at once refuses the one whose lease has gone to somebody else, and completes its neighbours', async () => {
      const test = await open()
      const ids = [await test.enqueue(), await test.enqueue(), await test.enqueue()]
      const [one, two, three] = await claimMany(test)
      if (!one || !two || !three) throw new Error('three items were enqueued')
      await test.store.leases.release(two)
      const fresh = await claimOne(test, { owner: 'another' })
      const stale = [one, two, three].map((lease, result) => ({ lease, result }))

      const verdicts = await test.store.leases.completeAll(stale)

      expect(fresh.workItemId).toBe(two.workItemId)
      expect(verdicts).toMatchObject([{ ok: true }, { ok: false, refusal: { code: 'lease.lost' } }, { ok: true }])
      const items = await Promise.all(ids.map((id) => test.store.workItems.require(id)))
      expect(items).toMatchObject([
        { state: 'completed', result: 0 },
        { state: 'running', leaseOwner: 'another', fencingToken: fresh.fencingToken },
        { state: 'completed', result: 2 },
      ])
      expect(await test.store.leases.complete(fresh, 'fresh')).toMatchObject({ duplicate: false })
    })

    it('of many at once ends every item and its task, with a row of its journal each', async () => {
      const test = await open()
      const ids = [await test.enqueue(), await test.enqueue(), await test.enqueue()]
      const leases = await claimMany(test)

      const verdicts = await test.store.leases.completeAll(leases.map((lease, result) => ({ lease, result })))

      expect(verdicts).toEqual(ids.map(() => ({ ok: true, value: { state: 'completed', duplicate: false } })))
      for (const [result, id] of ids.entries()) {
        expect(await test.store.workItems.require(id)).toMatchObject({ state: 'completed', result, leaseOwner: null })
        expect(await test.store.tasks.require(id)).toMatchObject({ state: 'completed', result })
        const { events } = await test.store.events.read(id)
        expect(events.map(({ type }) => type)).toEqual(['item.enqueued', 'lease.claimed', 'item.completed'])
      }
    })

    it('of many at once tells those that were completed before from those that were not', async () => {
      const test = await open()
      await test.enqueue()
      await test.enqueue()
      const [one, two] = await claimMany(test)
      if (!one || !two) throw new Error('two items were enqueued')
      await test.store.leases.complete(one, 'before')

      const batch = [
        { lease: one, result: 'before' },
        { lease: two, result: 'now' },
      ]

      expect(await test.store.leases.completeAll(batch)).toMatchObject([
        { ok: true, value: { duplicate: true } },
        { ok: true, value: { duplicate: false } },
      ])
      expect(await test.store.leases.completeAll(batch)).toMatchObject([
        { ok: true, value: { duplicate: true } },
        { ok: true, value: { duplicate: true } },
      ])
    })

    it.each([
      ['quotes, escapes and line ends', '"\\\n\t\u2028'],
      ['a NUL', 'a\0b'],
      ['a lone surrogate', '\ud800'],
      ['letters beyond the first plane', '𝒜 😀'],
      ['numbers at the edge', [2 ** 53 - 1, -0.1, 1e-7]],
      ['what looks like JSON', '{"a":[1,2]}'],
    ])('of many at once keeps results with %s as they are', async (_, result) => {
      const test = await open()
      const ids = [await test.enqueue(), await test.enqueue()]
      const leases = await claimMany(test)

      const verdicts = await test.store.leases.completeAll(leases.map((lease) => ({ lease, result })))

      expect(verdicts).toMatchObject([{ ok: true }, { ok: true }])
      for (const id of ids) expect(await test.store.workItems.require(id)).toMatchObject({ result })
    })

    it.each([
      ['a result over the limit', 'x'.repeat(1_048_576), 'input.too_large'],
      ['a result that JSON cannot say', () => 1, 'input.invalid'],
    ])('is refused with %s, and the item runs on', async (_, result, code) => {
      const test = await open()
      const id = await test.enqueue()
      const lease = await claimOne(test)

      await expect(test.store.leases.complete(lease, result)).rejects.toMatchObject({ code })

      expect(await test.store.workItems.require(id)).toMatchObject({ state: 'running' })
    })

    it.each([
      ['no token', { fencingToken: Number.NaN }, 'input.invalid'],
      ['a fractional token', { fencingToken: 1.5 }, 'input.invalid'],
      ['an id with a NUL', { workItemId: '\0' }, 'input.invalid_text'],
    ])('is refused with a lease of %s', async (_, broken, code) => {
      const test = await open()
      await test.enqueue()
      const lease = await claimOne(test)

      await expect(test.store.leases.complete({ ...lease, ...broken })).rejects.toMatchObject({ code })
    })
  })

  describe('failing', () => {
    it('for good ends the item with its error', async () => {
      const test = await open()
      const id = await test.enqueue()

      expect(await test.store.leases.fail(await claimOne(test), failure)).toEqual({
        state: 'failed',
        attempt: 1,
        maxAttempts: 3,
      })

      expect(await test.store.workItems.require(id)).toMatchObject({
        state: 'failed',
        reason: 'failed',
        error: failure,
        result: undefined,
        leaseOwner: null,
        finishedAtMs: test.clock.nowMs(),
      })
    })

    it('with a time to try again puts it back until then, and keeps the attempt', async () => {
      const test = await open()
      const id = await test.enqueue()
      const retryAtMs = test.clock.nowMs() + 500

      expect(await test.store.leases.fail(await claimOne(test), failure, { retryAtMs })).toMatchObject({
        state: 'scheduled',
        attempt: 1,
      })

      expect(await test.store.workItems.require(id)).toMatchObject({
        state: 'scheduled',
        reason: 'retry',
        error: failure,
      })
      expect(await claimMany(test)).toEqual([])
      test.clock.advance(500)
      expect(await claimOne(test)).toMatchObject({ workItemId: id, attempt: 2, fencingToken: 2 })
    })

    it('with three attempts tries three times, and then fails whatever was asked for', async () => {
      const test = await open()
      const id = await test.enqueue({ maxAttempts: 3 })

      const states: string[] = []
      for (let attempt = 1; attempt <= 3; attempt += 1) {
        const lease = await claimOne(test)
        expect(lease.attempt).toBe(attempt)
        states.push((await test.store.leases.fail(lease, failure, { retryAtMs: test.clock.nowMs() })).state)
      }

      expect(states).toEqual(['pending', 'pending', 'failed'])
      expect(await test.store.workItems.require(id)).toMatchObject({ state: 'failed', attempt: 3, error: failure })
      expect(await claimMany(test)).toEqual([])
    })

    it('keeps the moment of the first start through every attempt', async () => {
      const test = await open()
      const id = await test.enqueue()
      const startedAtMs = test.clock.nowMs()
      await test.store.leases.fail(await claimOne(test), failure, { retryAtMs: startedAtMs })
      test.clock.advance(100)

      await claimOne(test)

      expect(await test.store.workItems.require(id)).toMatchObject({ startedAtMs })
    })

    it('asked again gives the same answer, and burns no second attempt', async () => {
      const test = await open()
      const id = await test.enqueue()
      const lease = await claimOne(test)
      const retryAtMs = test.clock.nowMs()

      const first = await test.store.leases.fail(lease, failure, { retryAtMs })
      const again = await test.store.leases.fail(lease, failure, { retryAtMs })

      expect(again).toEqual(first)
      expect(await test.store.workItems.require(id)).toMatchObject({ state: 'pending', attempt: 1 })
    })

    it('asked again when its time to try again has come gives that answer still, and so does a release', async () => {
      const test = await open()
      const { leases, sweep } = test.store
      const failed = await leasedItem(test)
      const released = await leasedItem(test)
      const later = test.clock.nowMs() + 100
      await leases.fail(failed, failure, { retryAtMs: later })
      await leases.release(released, { visibleAtMs: later })
      test.clock.advance(100)
      await sweep.promoteDue()

      expect(await leases.fail(failed, failure, { retryAtMs: later })).toMatchObject({ state: 'pending', attempt: 1 })
      expect(await leases.release(released, { visibleAtMs: later })).toEqual({ state: 'pending' })

      const lost = { code: 'lease.lost' }
      await expect(leases.fail(released, failure)).rejects.toMatchObject(lost)
      await expect(leases.release(failed)).rejects.toMatchObject(lost)
      await expect(leases.fail(failed, { ...failure, message: 'otherwise' })).rejects.toMatchObject(lost)
    })

    it('stores an Error by its code, name and message, even one that holds a NUL', async () => {
      const test = await open()
      const id = await test.enqueue()

      await test.store.leases.fail(await claimOne(test), new TypeError('bad \0 text \ud800'))

      expect(await test.store.workItems.require(id)).toMatchObject({
        error: { code: 'error', name: 'TypeError', message: 'bad \ufffd text \ufffd' },
      })
    })

    it('stores an Error however odd its members are, and cuts what is too long: no failure is lost', async () => {
      const test = await open()
      const long = '\u65e5'.repeat(70_000)
      for (const members of [
        { message: 5 },
        { stack: null },
        { code: long },
        { name: long, message: long, stack: long },
      ]) {
        const id = await test.enqueue()

        await test.store.leases.fail(await claimOne(test), Object.assign(new Error('odd'), members))

        expect(await test.store.workItems.require(id)).toMatchObject({ state: 'failed' })
      }
    })

    it.each([
      ['text', 'it broke'],
      ['nothing', undefined],
      ['an object without a code', { message: 'it broke' }],
      ['an object without a message', { code: 'broken' }],
    ])('is refused with %s for an error', async (_, error) => {
      const test = await open()
      const id = await test.enqueue()
      const lease = await claimOne(test)

      await expect(test.store.leases.fail(lease, error)).rejects.toMatchObject({ code: 'input.invalid' })

      expect(await test.store.workItems.require(id)).toMatchObject({ state: 'running' })
    })
  })

  describe('releasing', () => {
    it('hands the item back at once, burns no attempt, and raises the token', async () => {
      const test = await open()
      const id = await test.enqueue({ maxAttempts: 1 })

      expect(await test.store.leases.release(await claimOne(test))).toEqual({ state: 'pending' })

      expect(await test.store.workItems.require(id)).toMatchObject({
        state: 'pending',
        reason: 'released',
        attempt: 0,
        fencingToken: 2,
        leaseOwner: null,
      })
      expect(await claimOne(test)).toMatchObject({ workItemId: id, attempt: 1, fencingToken: 3 })
    })

    it('until later makes it wait for its time', async () => {
      const test = await open()
      const id = await test.enqueue()
      const visibleAtMs = test.clock.nowMs() + 500

      expect(await test.store.leases.release(await claimOne(test), { visibleAtMs })).toEqual({ state: 'scheduled' })

      expect(await claimMany(test)).toEqual([])
      test.clock.advance(500)
      expect(await claimOne(test)).toMatchObject({ workItemId: id, attempt: 1 })
    })

    it('asked again gives the same answer while nobody has claimed the item', async () => {
      const test = await open()
      await test.enqueue()
      const lease = await claimOne(test)
      await test.store.leases.release(lease)

      expect(await test.store.leases.release(lease)).toEqual({ state: 'pending' })

      await claimOne(test)
      await expect(test.store.leases.release(lease)).rejects.toMatchObject({ code: 'lease.lost' })
    })

    it('ends the lease: a late completion is refused', async () => {
      const test = await open()
      const id = await test.enqueue()
      const lease = await claimOne(test)
      await test.store.leases.release(lease)

      await expect(test.store.leases.complete(lease, 'late')).rejects.toMatchObject({ code: 'lease.lost' })

      expect(await test.store.workItems.require(id)).toMatchObject({ state: 'pending', result: undefined })
    })

    it('of many at once answers each on its own', async () => {
      const test = await open()
      await test.enqueue()
      const lease = await claimOne(test)

      const verdicts = await test.store.leases.releaseAll([{ lease: { ...lease, fencingToken: 9 } }, { lease }])

      expect(verdicts).toMatchObject([
        { ok: false, refusal: { code: 'lease.lost' } },
        { ok: true, value: { state: 'pending' } },
      ])
    })

    it('is refused with an unknown reason', async () => {
      const test = await open()
      await test.enqueue()
      const lease = await claimOne(test)

      await expect(test.store.leases.release(lease, { reason: 'expired' as never })).rejects.toMatchObject({
        code: 'input.invalid',
      })
    })
  })

  describe('items claimed ahead', () => {
    it('have not started until they are begun', async () => {
      const test = await open()
      const id = await test.enqueue()
      const lease = await claimOne(test, { ahead: true })

      expect(lease.isAhead).toBe(true)
      expect(await test.store.workItems.require(id)).toMatchObject({ isAhead: true, startedAtMs: null })

      test.clock.advance(10)
      await test.store.leases.start(lease)
      expect(await test.store.workItems.require(id)).toMatchObject({ isAhead: false, startedAtMs: test.clock.nowMs() })
    })

    it('go back without an attempt', async () => {
      const test = await open()
      const id = await test.enqueue({ maxAttempts: 1 })
      const lease = await claimOne(test, { ahead: true })

      await test.store.leases.release(lease, { reason: 'ahead_returned' })

      expect(await test.store.workItems.require(id)).toMatchObject({
        state: 'pending',
        attempt: 0,
        reason: 'ahead_returned',
      })
    })
  })

  describe('a batch of leases', () => {
    it('is renewed in one step, with an answer for each', async () => {
      const test = await open()
      await test.enqueue()
      await test.enqueue()
      await test.enqueue()
      const [one, two, three] = await claimMany(test, { leaseMs: 1_000 })
      if (!one || !two || !three) throw new Error('three items were enqueued')
      await test.store.leases.release(two)

      const answers = await test.store.leases.heartbeatAll([one, two, three], { leaseMs: 5_000 })

      const leaseExpiresAtMs = test.clock.nowMs() + 5_000
      expect(answers).toMatchObject([
        { workItemId: one.workItemId, code: null, leaseExpiresAtMs },
        { workItemId: two.workItemId, code: 'lease.lost', leaseExpiresAtMs: null },
        { workItemId: three.workItemId, code: null, leaseExpiresAtMs },
      ])
    })

    it('is begun in one step, with an answer for each', async () => {
      const test = await open()
      await test.enqueue()
      const lease = await claimOne(test, { ahead: true })

      const answers = await test.store.leases.startAll([lease, { ...lease, fencingToken: 9 }])

      expect(answers.map((answer) => answer.code)).toEqual([null, 'lease.lost'])
    })

    it('of more than 1,000 is renewed in several steps', async () => {
      const test = await open()
      await test.enqueue()
      const lease = await claimOne(test)

      const answers = await test.store.leases.heartbeatAll(Array.from({ length: 1_001 }, () => lease))

      expect(answers).toHaveLength(1_001)
      expect(answers.every((answer) => answer.code === null)).toBe(true)
    })
  })
}
