import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineTask, NonRetryableError, type TaskContext } from '../src/index.js'
import { engineKit } from './engine-kit.js'

describe('an attempt that fails', () => {
  const retry = { baseMs: 1_000, factor: 2, capMs: 60_000 }

  it('is followed by another one after its backoff, until attempts are used up', async () => {
    const { store, time, events, work, submit, ended } = await engineKit()
    const attempts: number[] = []
    const broken = defineTask('broken', { maxAttempts: 3, retry }, (ctx: TaskContext) => {
      attempts.push(ctx.attempt)
      throw new Error('no')
    })
    const id = await submit(broken)
    await work([broken])

    await time.advance(500)
    expect(await store.workItems.require(id)).toMatchObject({ state: 'scheduled', reason: 'retry', attempt: 1 })
    await time.advance(20_000)

    expect(await ended(id)).toMatchObject({ state: 'failed', error: { code: 'error', message: 'no' } })
    expect(attempts).toEqual([1, 2, 3])
    expect(events.filter(({ event }) => event === 'item.retried')).toHaveLength(2)
    expect(events.at(-1)?.event).toBe('item.failed')
  })

  it('waits for its whole backoff', async () => {
    const { time, work, submit } = await engineKit()
    const startedAtMs: number[] = []
    const broken = defineTask('broken', { maxAttempts: 2, retry: { ...retry, baseMs: 10_000 } }, (ctx) => {
      startedAtMs.push(ctx.clock.nowMs())
      throw new Error('no')
    })
    await submit(broken)
    await work([broken])

    await time.advance(30_000)

    const [first = 0, second = 0] = startedAtMs
    expect(second - first).toBeGreaterThanOrEqual(10_000)
    expect(second - first).toBeLessThan(11_000)
  })

  it('keeps the code, message and stack of what was thrown', async () => {
    const { work, submit, ended } = await engineKit()
    const broken = defineTask('broken', { maxAttempts: 1 }, () => {
      throw Object.assign(new Error('no such account'), { code: 'account.missing' })
    })
    const id = await submit(broken)

    await work([broken])

    expect((await ended(id)).error).toMatchObject({
      code: 'account.missing',
      message: 'no such account',
      stack: expect.stringContaining('attempts.test.ts'),
    })
  })

  it.each([
    ['text', 'just text', 'just text'],
    ['an object', { some: 'thing' }, '{"some":"thing"}'],
    ['nothing', undefined, 'undefined'],
    ['text that no database can keep', 'a\u0000b\ud800', 'a\ufffdb\ufffd'],
  ])('keeps %s that was thrown', async (_, thrown, message) => {
    const { work, submit, ended } = await engineKit()
    const broken = defineTask('broken', { maxAttempts: 1 }, () => {
      throw thrown
    })
    const id = await submit(broken)

    await work([broken])

    expect((await ended(id)).error).toMatchObject({ code: 'error', message })
  })

  it('is the last one after a NonRetryableError', async () => {
    const { work, submit, ended, events } = await engineKit()
    const hopeless = defineTask('hopeless', { maxAttempts: 5 }, () => {
      throw new NonRetryableError('never', { code: 'account.closed' })
    })
    const id = await submit(hopeless)

    await work([hopeless])

    expect(await ended(id)).toMatchObject({ state: 'failed', error: { code: 'account.closed', message: 'never' } })
    expect(events.filter(({ event }) => event === 'item.started')).toHaveLength(1)
  })

  it('has a code of its own where a NonRetryableError names none', () => {
    expect(new NonRetryableError('never')).toMatchObject({ code: 'task.non_retryable', name: 'NonRetryableError' })
  })

  it('is the last one after a NonRetryableError of another copy of this package', async () => {
    const { work, submit, ended, events } = await engineKit()
    const twin = Object.defineProperty(new Error('never'), Symbol.for('holdfast.nonRetryable'), { value: true })
    const hopeless = defineTask('hopeless', { maxAttempts: 5 }, () => {
      throw twin
    })
    const id = await submit(hopeless)

    await work([hopeless])

    expect((await ended(id)).state).toBe('failed')
    expect(events.filter(({ event }) => event === 'item.started')).toHaveLength(1)
  })
})

describe('an input that does not fit the schema', () => {
  const strict = (calls: unknown[] = []) =>
    defineTask('strict', { input: z.object({ n: z.number() }), maxAttempts: 5 }, (_, input) => {
      calls.push(input)
    })

  it('is refused at submission, and nothing is written', async () => {
    const { store, submit } = await engineKit()

    await expect(submit(strict(), { n: 'one' })).rejects.toMatchObject({
      code: 'task.invalid_input',
      message: expect.stringContaining('n: '),
    })

    expect(await store.tasks.list()).toEqual([])
  })

  it('fails the item at once, without calling the handler, where it was submitted another way', async () => {
    const { store, work, ended, events } = await engineKit()
    const calls: unknown[] = []
    const { taskId } = await store.tasks.submit({ type: 'strict', input: { n: 'one' }, maxAttempts: 5 })

    await work([strict(calls)])

    expect(await ended(taskId)).toMatchObject({ state: 'failed', error: { code: 'task.invalid_input' } })
    expect(calls).toEqual([])
    expect(events.filter(({ event }) => event === 'item.started')).toHaveLength(1)
  })
})

describe('a result that can not be kept', () => {
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle

  it.each([
    ['does not fit the output schema', 'one'],
    ['is not JSON', 1n],
    ['holds a cycle', cycle],
    ['is too large', 'x'.repeat(2_000_000)],
  ])('fails the item without another attempt when it %s', async (_, result) => {
    const { work, submit, ended, events } = await engineKit()
    const output = result === 'one' ? z.number() : z.any()
    const wrong = defineTask('wrong', { output, maxAttempts: 5 }, () => result)
    const id = await submit(wrong)

    await work([wrong])

    expect(await ended(id)).toMatchObject({ state: 'failed', error: { code: 'task.invalid_output' } })
    expect(events.filter(({ event }) => event === 'item.started')).toHaveLength(1)
  })

  it('says nothing about the items that end beside it', async () => {
    const { work, submit, ended } = await engineKit()
    const mixed = defineTask('mixed', { input: z.boolean() }, (_, isGood) => (isGood ? 'good' : 1n))
    const ids = await Promise.all([true, false, true].map((isGood) => submit(mixed, isGood)))

    await work([mixed])

    const states = await Promise.all(ids.map(async (id) => (await ended(id)).state))
    expect(states).toEqual(['completed', 'failed', 'completed'])
  })
})
