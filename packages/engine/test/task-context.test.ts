import { HEARTBEATS_PER_LEASE, IDEMPOTENCY_LEASE_MS, repositories } from '@holdfast/store'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineTask, type TaskContext } from '../src/index.js'
import { engineKit } from './engine-kit.js'
import { until } from './fake-time.js'
import { gate } from './gate.js'

/** Two items whose handlers pay under one key: the first is at it until the door opens, the second waits for its answer. */
const twoUnderOneKey = async () => {
  const { time, work, submit, ended } = await engineKit()
  const door = gate()
  let calls = 0
  const pay = defineTask('pay', { maxAttempts: 1 }, (ctx: TaskContext) =>
    ctx.idempotent('charge', null, async () => {
      calls += 1
      await door.opened
      return 'paid once'
    }),
  )
  const ids = [await submit(pay), await submit(pay)]
  await work([pay])
  await until(() => calls === 1)
  return { time, ended, door, ids, calls: () => calls }
}

describe("a handler's context", () => {
  it('says who it is', async () => {
    const { store, work, submit, ended } = await engineKit()
    const who = defineTask('who', { maxAttempts: 4 }, (ctx) => ({
      taskId: ctx.taskId,
      workItemId: ctx.workItemId,
      tenant: ctx.tenant,
      attempt: ctx.attempt,
      maxAttempts: ctx.maxAttempts,
      fencingToken: ctx.fencingToken,
      nowMs: ctx.clock.nowMs(),
    }))
    const id = await submit(who)

    await work([who])

    expect((await ended(id)).result).toEqual({
      taskId: id,
      workItemId: id,
      tenant: 'default',
      attempt: 1,
      maxAttempts: 4,
      fencingToken: (await store.workItems.require(id)).fencingToken,
      nowMs: expect.any(Number),
    })
  })

  it('gives the next attempt the last checkpoint, whatever error boundaries lie above it', async () => {
    const { store, time, work, submit, ended } = await engineKit()
    const resumed: unknown[] = []
    const steps = defineTask('steps', { maxAttempts: 3, retry: { baseMs: 0 } }, async (ctx: TaskContext) => {
      const last = await ctx.lastCheckpoint<{ step: number }>()
      resumed.push(last?.snapshot)
      if (ctx.attempt === 1) {
        await ctx.checkpoint('iteration_end', { step: 1 })
        await ctx.checkpoint('iteration_end', { step: 2 }, { name: 'second', metadata: { by: 'test' } })
        await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
      }
      return last?.attempt
    })
    const id = await submit(steps)
    await work([steps])
    await until(async () => (await store.checkpoints.list(id)).length === 2)

    await store.sweep.recoverProcess({ processId: store.info().processId, sweeper: 'test' })
    await time.advance(2_000)

    expect(await ended(id)).toMatchObject({ state: 'completed', result: 1 })
    expect(resumed).toEqual([undefined, { step: 2 }])
    expect((await store.checkpoints.list(id)).map(({ type, name }) => [type, name])).toEqual([
      ['error_boundary', null],
      ['iteration_end', 'second'],
      ['iteration_end', null],
    ])
  })

  it('finds the last checkpoint of one type', async () => {
    const { work, submit, ended } = await engineKit()
    const typed = defineTask('typed', {}, async (ctx) => {
      await ctx.checkpoint('tool_executed', 'tool')
      await ctx.checkpoint('llm_response', 'answer')
      return (await ctx.lastCheckpoint('tool_executed'))?.snapshot
    })
    const id = await submit(typed)

    await work([typed])

    expect((await ended(id)).result).toBe('tool')
  })

  it('executes once per key, and replays the answer in the next attempt', async () => {
    const { time, work, submit, ended } = await engineKit()
    let calls = 0
    const pay = defineTask('pay', { maxAttempts: 2, retry: { baseMs: 0 } }, async (ctx: TaskContext) => {
      const answer = await ctx.idempotent(ctx.idempotencyKey('charge'), { cents: 100 }, async () => ({ id: ++calls }))
      if (ctx.attempt === 1) throw new Error('crashed after the charge')
      return answer
    })
    const id = await submit(pay)

    await work([pay])
    await time.advance(1_000)

    expect((await ended(id)).result).toEqual({ id: 1 })
    expect(calls).toBe(1)
  })

  it('refuses another request under a key', async () => {
    const { work, submit, ended } = await engineKit()
    const pay = defineTask('pay', { maxAttempts: 3 }, async (ctx: TaskContext) => {
      await ctx.idempotent('charge', { cents: 100 }, async () => 'paid')
      await ctx.idempotent('charge', { cents: 200 }, async () => 'paid')
    })
    const id = await submit(pay)

    await work([pay])

    expect(await ended(id)).toMatchObject({ state: 'failed', error: { code: 'idempotency.conflict' } })
  })

  it('waits for the answer of an item that works on the same key', async () => {
    const { time, ended, door, ids, calls } = await twoUnderOneKey()

    await time.advance(120_000)
    door.open()
    await time.advance(1_000)

    for (const id of ids) expect(await ended(id)).toMatchObject({ state: 'completed', result: 'paid once' })
    expect(calls()).toBe(1)
  })

  it.each([
    ['forwards', 3_600_000],
    ['back', -3_600_000],
  ])('executes once under a key, although somebody sets the wall clock %s', async (_, jumpMs) => {
    const { time, ended, door, ids, calls } = await twoUnderOneKey()
    await time.advance(1_000)

    time.jump(jumpMs)
    await time.advance(120_000)
    door.open()
    await time.advance(1_000)

    for (const id of ids) expect(await ended(id)).toMatchObject({ state: 'completed', result: 'paid once' })
    expect(calls()).toBe(1)
  })

  it('takes over a key that nobody extends, although the wall clock was set back', async () => {
    const { store, time, work, submit, ended } = await engineKit()
    const pay = defineTask('pay', { maxAttempts: 1 }, (ctx: TaskContext) =>
      ctx.idempotent('charge', null, () => 'paid by the next'),
    )
    await store.idempotency.checkOrCreate('charge', { request: null, owner: 'gone' })
    time.jump(-3_600_000)
    const id = await submit(pay)
    await work([pay])

    await time.advance(IDEMPOTENCY_LEASE_MS)
    expect(await store.tasks.require(id)).toMatchObject({ state: 'active' })
    await time.advance(1_000)

    expect(await ended(id)).toMatchObject({ result: 'paid by the next' })
  })

  it('leaves a key whose lease seems over for a heartbeat’s time, where this store has just been opened', async () => {
    const { store, time, work, submit, ended } = await engineKit()
    const pay = defineTask('pay', { maxAttempts: 1 }, (ctx: TaskContext) =>
      ctx.idempotent('charge', null, () => 'paid by the next'),
    )
    const before = repositories(store, {
      clock: { nowMs: () => time.nowMs() - 3_600_000, monotonicMs: time.monotonicMs },
    })
    await before.idempotency.checkOrCreate('charge', { request: null, owner: 'gone, or not' })
    const id = await submit(pay)
    await work([pay])

    await time.advance(IDEMPOTENCY_LEASE_MS / HEARTBEATS_PER_LEASE - 500)
    expect(await store.tasks.require(id)).toMatchObject({ state: 'active' })
    await time.advance(1_000)

    expect(await ended(id)).toMatchObject({ result: 'paid by the next' })
  })

  it('gives a key that is the same in every attempt, and another in every item', async () => {
    const { work, submit, ended } = await engineKit()
    const key = defineTask('key', {}, (ctx) => [ctx.idempotencyKey(), ctx.idempotencyKey('a')])
    const id = await submit(key)

    await work([key])

    expect((await ended(id)).result).toEqual([id, `${id}:a`])
  })

  it('writes into the journal', async () => {
    const { store, work, submit, ended } = await engineKit()
    const chatty = defineTask('chatty', {}, (ctx) => ctx.log({ said: 'hello' }))
    const id = await submit(chatty)

    await work([chatty])
    await ended(id)

    const { events } = await store.events.read(id)
    expect(events.map(({ type, data }) => (type === 'log' ? data : type))).toEqual([
      'item.enqueued',
      'lease.claimed',
      { said: 'hello' },
      'item.completed',
    ])
  })
})

describe('a fan-out', () => {
  const page = defineTask('page', { input: z.object({ n: z.number() }), maxAttempts: 2 }, (_, { n }) => n * 2)

  it('adds items to the task, which ends when the last of them has', async () => {
    const { store, work, submit, ended } = await engineKit()
    const book = defineTask('book', {}, (ctx) =>
      ctx.spawn([1, 2, 3].map((n) => ({ task: page, key: `page-${n}`, input: { n } }))),
    )
    const id = await submit(book)

    await work([book, page])

    expect(await ended(id)).toMatchObject({ state: 'completed', result: { requested: 3, created: 3 } })
    expect((await store.workItems.list({ taskId: id })).map(({ type, result }) => [type, result])).toEqual([
      ['book', { requested: 3, created: 3 }],
      ['page', 2],
      ['page', 4],
      ['page', 6],
    ])
  })

  it('adds nothing twice when it runs again after a crash', async () => {
    const { store, time, work, submit, ended } = await engineKit()
    const created: number[] = []
    const book = defineTask('book', { maxAttempts: 2, retry: { baseMs: 0 } }, async (ctx: TaskContext) => {
      const numbers = ctx.attempt === 1 ? [1, 2] : [1, 2, 3, 4]
      created.push((await ctx.spawn(numbers.map((n) => ({ task: page, key: `${n}`, input: { n } })))).created)
      if (ctx.attempt === 1) throw new Error('crashed')
    })
    const id = await submit(book)

    await work([book, page])
    await time.advance(1_000)

    expect((await ended(id)).state).toBe('completed')
    expect(created).toEqual([2, 2])
    expect(await store.workItems.count(id)).toMatchObject({ completed: 5 })
  })

  it('takes one item, and a definition by its name', async () => {
    const { work, submit, ended } = await engineKit()
    const book = defineTask('book', {}, (ctx) => ctx.spawn({ task: 'page', key: 'only', input: { n: 1 } }))
    const id = await submit(book)

    await work([book, page])

    expect((await ended(id)).result).toEqual({ requested: 1, created: 1 })
  })

  it('reads an endless source only as fast as its items are stored', async () => {
    const { store, work, submit, ended } = await engineKit()
    let made = 0
    let mostAhead = 0
    const spawn = store.workItems.spawn.bind(store.workItems)
    let stored = 0
    const counting: typeof spawn = async (lease, items) => {
      const answer = await spawn(lease, items)
      stored += items.length
      return answer
    }
    store.forTenant = () => ({ ...store, workItems: Object.assign(store.workItems, { spawn: counting }) })
    async function* pages() {
      for (let n = 0; n < 2_300; n++) {
        made += 1
        mostAhead = Math.max(mostAhead, made - stored)
        yield { task: page, key: `${n}`, input: { n } }
      }
    }
    const book = defineTask('book', {}, (ctx) => ctx.spawn(pages()))
    const id = await submit(book)

    await work([book])
    await until(async () => (await store.workItems.require(id)).state === 'completed')

    expect((await store.workItems.require(id)).result).toEqual({ requested: 2_300, created: 2_300 })
    expect(mostAhead).toBeLessThanOrEqual(500)
    await store.tasks.cancel(id)
    await ended(id)
  })

  it('refuses an input that does not fit the schema, and a definition that nobody knows', async () => {
    const { work, submit, ended } = await engineKit()
    const wrong = defineTask('wrong', {}, (ctx) => ctx.spawn({ task: page, key: 'a', input: { n: 'x' } as never }))
    const unknown = defineTask('unknown', { maxAttempts: 5 }, (ctx) =>
      ctx.spawn({ task: 'nobody', key: 'a', input: null }),
    )
    const ids = [await submit(wrong), await submit(unknown)]

    await work([wrong, unknown, page])

    expect(await ended(ids[0] ?? '')).toMatchObject({ state: 'failed', error: { code: 'task.invalid_input' } })
    expect(await ended(ids[1] ?? '')).toMatchObject({ state: 'failed', error: { code: 'task.unknown_type' } })
  })

  it('fails the task by its policy: `any` failed item, or the `root` alone', async () => {
    const { work, submit, ended } = await engineKit()
    const bad = defineTask('bad', { maxAttempts: 1 }, () => {
      throw new Error('unreadable')
    })
    const spawnBad = (ctx: TaskContext) => ctx.spawn({ task: bad, key: 'a', input: null })
    const strict = defineTask('strict', {}, spawnBad)
    const lenient = defineTask('lenient', { failurePolicy: 'root' }, spawnBad)
    const ids = [await submit(strict), await submit(lenient)]

    await work([strict, lenient, bad])

    expect((await ended(ids[0] ?? '')).state).toBe('failed')
    expect((await ended(ids[1] ?? '')).state).toBe('completed')
  })
})
