import { cancelTask } from '@holdfast/store'
import { describe, expect, it } from 'vitest'
import type { OpenTestStore } from '../open-test-store.js'
import { claimMany, claimOne } from './claiming.js'

const failure = { code: 'test.broken', message: 'it broke' }

export const tasksContract = (open: OpenTestStore): void => {
  describe('submitting a task', () => {
    it('adds an active task and a pending root item of the same id', async () => {
      const { store, clock } = await open()

      const submitted = await store.tasks.submit({ type: 'mail', input: { to: 'a' }, metadata: { from: 'test' } })

      expect(submitted).toEqual({ taskId: submitted.taskId, created: true, replayed: undefined })
      expect(await store.tasks.require(submitted.taskId)).toMatchObject({
        type: 'mail',
        state: 'active',
        failurePolicy: 'any',
        metadata: { from: 'test' },
        createdAtMs: clock.nowMs(),
        finishedAtMs: null,
        result: undefined,
      })
      expect(await store.workItems.require(submitted.taskId)).toMatchObject({
        taskId: submitted.taskId,
        parentId: null,
        isRoot: true,
        type: 'mail',
        queue: 'mail',
        state: 'pending',
        reason: 'enqueued',
        attempt: 0,
        maxAttempts: 3,
        fencingToken: 0,
        input: { to: 'a' },
      })
    })

    it('adds the same among others at once as it does alone', async () => {
      const { store, clock } = await open()
      const nowMs = clock.nowMs()
      const task = {
        type: 'mail',
        queue: 'bulk',
        priority: -3,
        maxAttempts: 7,
        visibleAtMs: nowMs + 5_000,
        deadlineAtMs: nowMs + 9_000,
        timeoutMs: 1_234,
        failurePolicy: 'root' as const,
        metadata: { a: ['"', '\\', '\u0000', '😀'] },
        input: { text: 'line\nline "quoted" \ud800', none: null, deep: [[{}]] },
      }
      const whole = async ({ taskId }: { taskId: string }) => ({
        task: { ...(await store.tasks.require(taskId)), id: '', seq: 0 },
        item: { ...(await store.workItems.require(taskId)), id: '', taskId: '', seq: 0 },
        events: (await store.events.read(taskId)).events.map((event) => ({ ...event, workItemId: '' })),
      })
      const alone = await whole(await store.tasks.submit(task))

      const [, one, two] = await Promise.all([
        store.tasks.submit({ type: 'other', input: null }),
        store.tasks.submit(task),
        store.tasks.submit(task),
        store.tasks.submit({ type: 'other', input: null }),
      ])

      expect(alone.item).toMatchObject({ state: 'scheduled', priority: -3, input: task.input })
      expect(await whole(one)).toEqual(alone)
      expect(await whole(two)).toEqual(alone)
    })

    it('answers each of many at once, also where some repeat or contradict others', async () => {
      const { store } = await open()
      const same = { id: 'same', type: 'test', input: 1 }
      const answers = await Promise.allSettled([
        store.tasks.submit(same),
        store.tasks.submit({ id: 'other', type: 'test', input: 1 }),
        store.tasks.submit(same),
        store.tasks.submit({ ...same, input: 2 }),
      ])

      expect(answers).toMatchObject([
        { value: { taskId: 'same', created: true } },
        { value: { taskId: 'other', created: true } },
        { value: { taskId: 'same', created: false } },
        { reason: { code: 'task.conflict' } },
      ])
    })

    it('adds nothing while retention has taken the root item of that id, and not yet the task', async () => {
      const test = await open()
      const task = { id: 'one', type: 'test', input: 1 }
      await test.store.tasks.submit(task)
      await test.store.leases.complete(await claimOne(test), null)
      test.clock.advance(1)
      const deleteOne = () =>
        test.store.retention.deleteFinishedTasks({ finishedBeforeMs: test.clock.nowMs(), limit: 1 })
      while ((await test.store.workItems.get('one')) !== undefined) await deleteOne()
      expect(await test.store.tasks.get('one')).toMatchObject({ state: 'completed' })

      expect(await test.store.tasks.submit(task)).toMatchObject({ taskId: 'one', created: false })
      await expect(test.store.tasks.submit({ ...task, type: 'other' })).rejects.toMatchObject({ code: 'task.conflict' })
    })

    it('takes JSON that is 1,000 levels deep, and refuses what is deeper by name', async () => {
      const { store } = await open()
      const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth))
      const submit = (part: object) => store.tasks.submit({ type: 'test', input: null, ...part })
      const idempotency = { key: 'k', request: 1, response: 1 }
      await submit({ input: nested(1_000), metadata: nested(1_000) })
      await submit({ idempotency: { ...idempotency, request: nested(1_000), response: nested(1_000) } })

      const tooDeep = { code: 'input.invalid' }
      for (const depth of [1_001, 10_000]) {
        await expect(submit({ input: nested(depth) })).rejects.toMatchObject(tooDeep)
        await expect(submit({ metadata: nested(depth) })).rejects.toMatchObject(tooDeep)
        await expect(submit({ idempotency: { ...idempotency, request: nested(depth) } })).rejects.toMatchObject(tooDeep)
        await expect(submit({ idempotency: { ...idempotency, response: nested(depth) } })).rejects.toMatchObject(
          tooDeep,
        )
      }
      expect(await store.tasks.list()).toHaveLength(2)
    })

    it('of many at once answers each on its own, in order', async () => {
      const { store } = await open()
      await store.tasks.submit({ id: 'known', type: 'test', input: 1 })
      await store.tasks.submit({ id: 'taken', type: 'other', input: 1 })

      const verdicts = await store.tasks.submitAll([
        { id: 'new', type: 'test', input: 1 },
        { id: 'known', type: 'test', input: 1 },
        { id: 'taken', type: 'test', input: 1 },
        { id: 'unstorable', type: 'test', input: () => 1 },
        { id: 'nul', type: '\0', input: 1 },
        { id: 'last', type: 'test', input: 1 },
      ])

      expect(verdicts).toMatchObject([
        { ok: true, value: { taskId: 'new', created: true, replayed: undefined } },
        { ok: true, value: { taskId: 'known', created: false } },
        { ok: false, refusal: { code: 'task.conflict' } },
        { ok: false, refusal: { code: 'input.invalid' } },
        { ok: false, refusal: { code: 'input.invalid_text' } },
        { ok: true, value: { taskId: 'last', created: true } },
      ])
      expect((await store.tasks.list()).map(({ id }) => id)).toEqual(['last', 'new', 'taken', 'known'])
    })

    it('of more than one transaction takes adds all of them, in order, and repeated adds none', async () => {
      const { store } = await open()
      const tasks = Array.from({ length: 2_500 }, (_, n) => ({ id: `task-${n}`, type: 'test', input: n }))

      const first = await store.tasks.submitAll(tasks)
      const again = await store.tasks.submitAll(tasks)

      const created = (verdicts: typeof first) => verdicts.filter((verdict) => verdict.ok && verdict.value.created)
      expect(created(first)).toHaveLength(2_500)
      expect(first.map((verdict) => verdict.ok && verdict.value.taskId)).toEqual(tasks.map(({ id }) => id))
      expect(created(again)).toHaveLength(0)
      expect(again).toHaveLength(2_500)
      const newest = await store.tasks.list({ limit: 3 })
      expect(newest.map(({ id }) => id)).toEqual(['task-2499', 'task-2498', 'task-2497'])
    })

    it('of many under keys replays what a key has answered', async () => {
      const { store } = await open()
      const one = { type: 'test', input: 1, idempotency: { key: 'pay', request: 1, response: { ok: true } } }
      const another = { ...one, idempotency: { ...one.idempotency, request: 2 } }

      const verdicts = await store.tasks.submitAll([one, one, another])

      expect(verdicts).toMatchObject([
        { ok: true, value: { created: true } },
        { ok: true, value: { created: false, replayed: { ok: true } } },
        { ok: false, refusal: { code: 'idempotency.conflict' } },
      ])
      expect(await store.tasks.list()).toHaveLength(1)
    })

    it('of none answers none', async () => {
      const { store } = await open()

      expect(await store.tasks.submitAll([])).toEqual([])
    })

    it('keeps members named __proto__ and constructor as plain data', async () => {
      const { store } = await open()
      const input: unknown = JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}')

      const { taskId } = await store.tasks.submit({ type: 'test', input, metadata: input })

      const { input: read } = await store.workItems.require(taskId)
      expect(JSON.stringify(read)).toBe(JSON.stringify(input))
      expect(JSON.stringify((await store.tasks.require(taskId)).metadata)).toBe(JSON.stringify(input))
      expect(({} as { admin?: boolean }).admin).toBeUndefined()
    })

    it('adds nothing when the same id is submitted again', async () => {
      const { store } = await open()
      const task = { id: 'task-1', type: 'mail', input: { to: 'a' } }

      expect(await store.tasks.submit(task)).toMatchObject({ taskId: 'task-1', created: true })
      expect(await store.tasks.submit(task)).toMatchObject({ taskId: 'task-1', created: false })

      expect(await store.workItems.list({ taskId: 'task-1' })).toHaveLength(1)
    })

    it('answers a repeated id the same way after the task has moved on', async () => {
      const test = await open()
      const task = { id: 'task-1', type: 'test', input: 1 }
      await test.store.tasks.submit(task)
      await test.store.leases.complete(await claimOne(test), 'done')

      expect(await test.store.tasks.submit(task)).toMatchObject({ taskId: 'task-1', created: false })

      expect(await test.store.tasks.require('task-1')).toMatchObject({ state: 'completed', result: 'done' })
    })

    it.each([
      ['type', { type: 'other', queue: 'mail', input: 1 }],
      ['input', { type: 'mail', queue: 'mail', input: 2 }],
      ['queue', { type: 'mail', queue: 'other', input: 1 }],
    ])('refuses an id that exists with another %s', async (_, other) => {
      const { store } = await open()
      await store.tasks.submit({ id: 'task-1', type: 'mail', input: 1 })

      await expect(store.tasks.submit({ id: 'task-1', ...other })).rejects.toMatchObject({ code: 'task.conflict' })

      expect(await store.workItems.require('task-1')).toMatchObject({ type: 'mail', queue: 'mail', input: 1 })
    })

    it('refuses an id that is a fanned-out item already', async () => {
      const test = await open()
      await test.enqueue()
      await test.store.workItems.spawn(await claimOne(test), [{ id: 'child-1', type: 'child', input: 1 }])

      await expect(test.store.tasks.submit({ id: 'child-1', type: 'child', input: 1 })).rejects.toMatchObject({
        code: 'task.conflict',
      })

      expect(await test.store.tasks.get('child-1')).toBeUndefined()
    })
  })

  describe('submitting under an idempotency key', () => {
    const submission = {
      type: 'mail',
      input: { to: 'a' },
      idempotency: { key: 'key-1', request: { to: 'a' }, response: { accepted: true, note: 'ü – "quoted"' } },
    }

    it('runs once and replays the first answer, value for value', async () => {
      const { store } = await open()

      const first = await store.tasks.submit({ ...submission, id: 'task-1' })
      const repeated = await store.tasks.submit({
        ...submission,
        id: 'task-2',
        idempotency: { ...submission.idempotency, response: { accepted: true, note: 'another' } },
      })

      expect(first).toEqual({ taskId: 'task-1', created: true, replayed: undefined })
      expect(repeated).toEqual({ taskId: 'task-1', created: false, replayed: submission.idempotency.response })
      expect(JSON.stringify(repeated.replayed)).toBe(JSON.stringify(submission.idempotency.response))
      expect(await store.tasks.list()).toHaveLength(1)
    })

    it('knows a request by its meaning, not by the order of its members', async () => {
      const { store } = await open()
      const request = { to: 'a', cc: 'b' }
      const sameRequest = { cc: 'b', to: 'a' }
      await store.tasks.submit({ ...submission, idempotency: { ...submission.idempotency, request } })

      const repeated = await store.tasks.submit({
        ...submission,
        idempotency: { ...submission.idempotency, request: sameRequest },
      })

      expect(repeated.created).toBe(false)
    })

    it('replays an answer of null as null', async () => {
      const { store } = await open()
      const withNull = { ...submission, idempotency: { ...submission.idempotency, response: null } }
      await store.tasks.submit(withNull)

      expect(await store.tasks.submit(withNull)).toMatchObject({ created: false, replayed: null })
    })

    it('refuses another request under the key, and adds nothing', async () => {
      const { store } = await open()
      await store.tasks.submit(submission)

      const other = { ...submission, id: 'task-2', idempotency: { ...submission.idempotency, request: { to: 'b' } } }
      await expect(store.tasks.submit(other)).rejects.toMatchObject({ code: 'idempotency.conflict' })

      expect(await store.tasks.get('task-2')).toBeUndefined()
    })

    it('takes an expired key for a new request', async () => {
      const { store, clock } = await open()
      await store.tasks.submit({ ...submission, idempotency: { ...submission.idempotency, ttlMs: 1_000 } })
      clock.advance(1_000)
      const other = {
        ...submission,
        id: 'task-2',
        idempotency: { key: 'key-1', request: { to: 'b' }, response: 'second', ttlMs: 1_000 },
      }

      expect(await store.tasks.submit(other)).toEqual({ taskId: 'task-2', created: true, replayed: undefined })
      expect(await store.tasks.submit(other)).toEqual({ taskId: 'task-2', created: false, replayed: 'second' })
    })

    it('says so while another caller works under the key, and takes it over after that one is gone', async () => {
      const { store, clock } = await open()
      await store.idempotency.checkOrCreate('key-1', { request: { to: 'a' }, owner: 'other', leaseMs: 1_000 })

      await expect(store.tasks.submit(submission)).rejects.toMatchObject({ code: 'idempotency.in_progress' })

      clock.advance(1_000)
      expect(await store.tasks.submit(submission)).toMatchObject({ created: true })
    })

    it('keeps the keys of tenants apart', async () => {
      const { store } = await open()

      await store.tasks.submit(submission, { tenant: 'one' })

      expect(await store.tasks.submit(submission, { tenant: 'two' })).toMatchObject({ created: true })
    })
  })

  describe('the outcome of a task', () => {
    it("is its root item's result when every item has ended", async () => {
      const test = await open()
      const id = await test.enqueue()
      const root = await claimOne(test)
      await test.store.workItems.spawn(root, [{ key: 'child', type: 'child', input: null }])
      await test.store.leases.complete(root, { total: 1 })

      expect(await test.store.tasks.require(id)).toMatchObject({ state: 'active', result: undefined })

      test.clock.advance(5)
      await test.store.leases.complete(await claimOne(test, { queue: 'child' }))
      expect(await test.store.tasks.require(id)).toMatchObject({
        state: 'completed',
        result: { total: 1 },
        finishedAtMs: test.clock.nowMs(),
      })
    })

    it.each([
      ['any', 'failed'],
      ['root', 'completed'],
    ] as const)('with failure policy %s and a failed child is %s', async (failurePolicy, state) => {
      const test = await open()
      const id = await test.enqueue({ failurePolicy })
      const root = await claimOne(test)
      await test.store.workItems.spawn(root, [
        { key: 'good', type: 'child', input: 1 },
        { key: 'bad', type: 'child', input: 2 },
      ])
      const [good, bad] = await claimMany(test, { queue: 'child' })
      if (!good || !bad) throw new Error('two children were spawned')

      await test.store.leases.fail(bad, failure)
      await test.store.leases.complete(good)
      await test.store.leases.complete(root, 'walked')

      const task = await test.store.tasks.require(id)
      expect(task).toMatchObject({ state, result: 'walked' })
      expect(task.error).toEqual(state === 'failed' ? failure : undefined)
      expect(await test.store.workItems.list({ taskId: id, state: 'failed' })).toMatchObject([{ id: bad.workItemId }])
    })

    it.each(['any', 'root'] as const)(
      'with failure policy %s is failed when the root item fails',
      async (failurePolicy) => {
        const test = await open()
        const id = await test.enqueue({ failurePolicy })

        await test.store.leases.fail(await claimOne(test), failure)

        expect(await test.store.tasks.require(id)).toMatchObject({ state: 'failed', error: failure, result: undefined })
      },
    )
  })

  describe('cancelling a task', () => {
    it('ends items in every state that is not terminal, and leaves the others as they are', async () => {
      const test = await open()
      const id = await test.enqueue()
      const root = await claimOne(test)
      await test.store.workItems.spawn(root, [
        { id: 'done', type: 'done', input: null },
        { id: 'pending', type: 'later', input: null },
        { id: 'scheduled', type: 'later', input: null, delayMs: 5_000 },
      ])
      await test.store.leases.complete(await claimOne(test, { queue: 'done' }), 'kept')

      expect(await test.store.tasks.cancel(id)).toEqual({ state: 'cancelled', cancelled: 3 })

      const states = (await test.store.workItems.list({ taskId: id })).map((item) => [item.id, item.state])
      expect(states).toEqual([
        [id, 'cancelled'],
        ['done', 'completed'],
        ['pending', 'cancelled'],
        ['scheduled', 'cancelled'],
      ])
      expect(await test.store.workItems.require('done')).toMatchObject({ result: 'kept' })
      expect(await test.store.tasks.require(id)).toMatchObject({ state: 'cancelled', finishedAtMs: test.clock.nowMs() })
    })

    it('takes the lease away: every late write of the owner is refused', async () => {
      const test = await open()
      const id = await test.enqueue()
      const lease = await claimOne(test)
      const { leases, workItems } = test.store

      await test.store.tasks.cancel(id)

      const lost = { code: 'lease.lost', details: { heldToken: 1, currentToken: 2, state: 'cancelled' } }
      await expect(leases.complete(lease, 'late')).rejects.toMatchObject(lost)
      await expect(leases.fail(lease, failure)).rejects.toMatchObject(lost)
      await expect(leases.release(lease)).rejects.toMatchObject(lost)
      await expect(leases.heartbeat(lease)).rejects.toMatchObject(lost)
      await expect(leases.start(lease)).rejects.toMatchObject(lost)
      await expect(workItems.spawn(lease, [{ type: 'child', input: 1 }])).rejects.toMatchObject(lost)
      expect(await workItems.require(id)).toMatchObject({ state: 'cancelled', result: undefined, leaseOwner: null })
    })

    it('that was cut short ends as cancelled, also when an item that it had not reached yet was done meanwhile', async () => {
      const test = await open()
      const id = await test.enqueue()
      const items = ['a', 'b', 'c'].map((key) => ({ key, type: 'child', input: key }))
      await test.store.workItems.spawn(await claimOne(test), items)
      const step = { tenant: 'default', id, limit: 1, nowMs: test.clock.nowMs() }
      expect(await test.store.submit(cancelTask, step)).toMatchObject({ cancelled: 1, remaining: true })

      await test.store.leases.complete(await claimOne(test, { queue: 'child' }), 'done')

      expect(await test.store.tasks.cancel(id)).toEqual({ state: 'cancelled', cancelled: 2 })
      expect(await test.store.workItems.count(id)).toMatchObject({ completed: 1, cancelled: 3 })
    })

    it('cancels 2,500 items in steps of bounded size', async () => {
      const test = await open()
      const id = await test.enqueue()
      const items = Array.from({ length: 2_499 }, (_, n) => ({ key: `${n}`, type: 'child', input: n }))
      await test.store.workItems.spawn(await claimOne(test), items)

      expect(await test.store.tasks.cancel(id)).toEqual({ state: 'cancelled', cancelled: 2_500 })

      expect(await test.store.workItems.count(id)).toMatchObject({ cancelled: 2_500, pending: 0, running: 0 })
    })

    it('is refused once the task has ended', async () => {
      const test = await open()
      const id = await test.enqueue()
      await test.store.leases.complete(await claimOne(test), 'done')

      await expect(test.store.tasks.cancel(id)).rejects.toMatchObject({ code: 'task.already_terminal' })

      expect(await test.store.tasks.require(id)).toMatchObject({ state: 'completed', cancelRequestedAtMs: null })
    })

    it('is refused for a task that is not there', async () => {
      const { store } = await open()

      await expect(store.tasks.cancel('nobody')).rejects.toMatchObject({ code: 'task.not_found' })
    })
  })

  describe('looking at tasks', () => {
    it('gives undefined for one that is not there, or throws where it is required', async () => {
      const { store } = await open()

      expect(await store.tasks.get('nobody')).toBeUndefined()
      await expect(store.tasks.require('nobody')).rejects.toMatchObject({ code: 'task.not_found' })
    })

    it('lists them newest first, in pages', async () => {
      const test = await open()
      const ids: string[] = []
      for (let n = 0; n < 5; n += 1) ids.unshift(await test.enqueue({ input: n }))

      const first = await test.store.tasks.list({ limit: 3 })
      const last = first.at(-1)
      const second = await test.store.tasks.list({ limit: 3, ...(last ? { beforeSeq: last.seq } : {}) })

      expect([...first, ...second].map((task) => task.id)).toEqual(ids)
    })

    it('lists by state and by type', async () => {
      const test = await open()
      const mail = await test.enqueue({ type: 'mail', queue: 'test' })
      await test.store.leases.complete(await claimOne(test))
      const other = await test.enqueue({ type: 'other' })
      const active = await test.enqueue({ type: 'mail' })

      const idsOf = async (filter: object): Promise<string[]> =>
        (await test.store.tasks.list(filter)).map(({ id }) => id)
      expect(await idsOf({ state: 'completed' })).toEqual([mail])
      expect(await idsOf({ type: 'other' })).toEqual([other])
      expect(await idsOf({ type: 'mail' })).toEqual([active, mail])
      expect(await idsOf({ type: 'mail', state: 'active' })).toEqual([active])
    })
  })

  describe('a tenant', () => {
    it("can't see, change or claim what another one has: it reads as not found", async () => {
      const test = await open()
      const id = await test.enqueue()
      const lease = await claimOne(test)
      const foreign = { ...lease, tenant: 'foreign' }
      const { tasks, workItems, leases } = test.store.forTenant('foreign')
      const noItem = { code: 'work_item.not_found' }
      const noTask = { code: 'task.not_found' }

      expect(await tasks.get(id)).toBeUndefined()
      await expect(tasks.require(id)).rejects.toMatchObject(noTask)
      await expect(tasks.cancel(id)).rejects.toMatchObject(noTask)
      expect(await tasks.list()).toEqual([])
      expect(await workItems.get(id)).toBeUndefined()
      await expect(workItems.require(id)).rejects.toMatchObject(noItem)
      expect(await workItems.list({ taskId: id })).toEqual([])
      await expect(workItems.count(id)).rejects.toMatchObject(noTask)
      await expect(workItems.spawn(foreign, [{ type: 'child', input: 1 }])).rejects.toMatchObject(noItem)
      expect(await leases.status(id)).toBeUndefined()
      await expect(leases.start(foreign)).rejects.toMatchObject(noItem)
      await expect(leases.heartbeat(foreign)).rejects.toMatchObject(noItem)
      await expect(leases.complete(foreign)).rejects.toMatchObject(noItem)
      await expect(leases.fail(foreign, failure)).rejects.toMatchObject(noItem)
      await expect(leases.release(foreign)).rejects.toMatchObject(noItem)
      await test.enqueue()
      expect(await leases.claim({ queue: 'test', owner: 'w' })).toEqual([])
      expect(await leases.claim({ taskId: id, owner: 'w' })).toEqual([])
      expect(await test.store.leases.complete(lease, 'mine')).toMatchObject({ state: 'completed' })
    })

    it('may use an id that another tenant uses', async () => {
      const { store } = await open()
      await store.tasks.submit({ id: 'same', type: 'test', input: 'ours' })

      expect(
        await store.tasks.submit({ id: 'same', type: 'test', input: 'theirs' }, { tenant: 'foreign' }),
      ).toMatchObject({
        created: true,
      })

      expect(await store.workItems.require('same')).toMatchObject({ input: 'ours' })
      expect(await store.workItems.require('same', { tenant: 'foreign' })).toMatchObject({ input: 'theirs' })
    })
  })

  describe('invalid input of a submit', () => {
    const cycle: { self?: unknown } = {}
    cycle.self = cycle
    const valid = { type: 'test', input: null }

    it.each([
      ['a type with a NUL', { ...valid, type: 'a\0b' }, 'input.invalid_text'],
      ['an id with half of a surrogate pair', { ...valid, id: 'a\ud800' }, 'input.invalid_text'],
      ['a queue with half of a surrogate pair', { ...valid, queue: '\udc00' }, 'input.invalid_text'],
      ['an empty type', { ...valid, type: '' }, 'input.invalid'],
      ['a type that is too long', { ...valid, type: 'x'.repeat(513) }, 'input.too_large'],
      ['a type that is no text', { ...valid, type: 7 as never }, 'input.invalid'],
      ['a fractional priority', { ...valid, priority: 1.5 }, 'input.invalid'],
      ['a priority that is not a number', { ...valid, priority: Number.NaN }, 'input.invalid'],
      ['a time past 2^53', { ...valid, visibleAtMs: 2 ** 53 }, 'input.invalid'],
      ['no attempt at all', { ...valid, maxAttempts: 0 }, 'input.invalid'],
      ['a negative delay', { ...valid, delayMs: -1 }, 'input.invalid'],
      ['a delay and a time', { ...valid, delayMs: 1, visibleAtMs: 1 }, 'input.invalid'],
      ['a time-out of nothing', { ...valid, timeoutMs: 0 }, 'input.invalid'],
      ['an unknown failure policy', { ...valid, failurePolicy: 'some' as never }, 'input.invalid'],
      ['an input of undefined', { ...valid, input: undefined }, 'input.invalid'],
      ['an input with a bigint', { ...valid, input: { n: 1n } }, 'input.invalid'],
      ['an input with a cycle', { ...valid, input: cycle }, 'input.invalid'],
      ['an input over the limit', { ...valid, input: 'x'.repeat(1_048_576) }, 'input.too_large'],
      ['metadata over the limit', { ...valid, metadata: 'x'.repeat(65_536) }, 'input.too_large'],
      ['a key with a NUL', { ...valid, idempotency: { key: '\0', request: 1, response: 1 } }, 'input.invalid_text'],
      [
        'a key for no time',
        { ...valid, idempotency: { key: 'k', request: 1, response: 1, ttlMs: 0 } },
        'input.invalid',
      ],
    ])('%s is refused, and nothing is written', async (_, task, code) => {
      const { store } = await open()

      await expect(store.tasks.submit(task)).rejects.toMatchObject({ code, retryable: false })

      expect(await store.tasks.list()).toEqual([])
    })

    it('a tenant with a NUL is refused', async () => {
      const { store } = await open()

      await expect(store.tasks.submit(valid, { tenant: '\0' })).rejects.toMatchObject({ code: 'input.invalid_text' })
      expect(() => store.forTenant('')).toThrow(expect.objectContaining({ code: 'input.invalid' }))
    })

    it('a page of nothing, of too much, or in an unknown state is refused', async () => {
      const { store } = await open()

      await expect(store.tasks.list({ limit: 0 })).rejects.toMatchObject({ code: 'input.invalid' })
      await expect(store.tasks.list({ limit: 501 })).rejects.toMatchObject({ code: 'input.invalid' })
      await expect(store.tasks.list({ state: 'gone' as never })).rejects.toMatchObject({ code: 'input.invalid' })
    })

    it.each([
      ['NUL', 'a\0b'],
      ['half of a surrogate pair', 'a\ud800'],
      ['an emoji, a line break and quotes', '🙂\r\n"\'\\'],
    ])('an input value with %s comes back as it was: JSON escapes it', async (_, text) => {
      const { store, enqueue } = await open()

      const id = await enqueue({ input: { text } })

      expect(await store.workItems.require(id)).toMatchObject({ input: { text } })
    })
  })
}
