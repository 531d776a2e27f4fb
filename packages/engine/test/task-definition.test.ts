import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import {
  defineTask,
  isTaskDefinition,
  submitTask,
  TaskRegistry,
  type EngineStore,
  type TaskContext,
  type TaskDefinition,
} from '../src/index.js'

describe('a task definition', () => {
  it('has defaults for all that it does not say', () => {
    expect(defineTask('plain', {}, () => {})).toMatchObject({
      name: 'plain',
      queue: 'plain',
      maxAttempts: 3,
      timeoutMs: null,
      failurePolicy: 'any',
      leaseMs: 30_000,
      retry: { baseMs: 1_000, factor: 2, capMs: 60_000 },
    })
  })

  it.each([
    ['an empty name', '', {}],
    ['no attempts', 'task', { maxAttempts: 0 }],
    ['half an attempt', 'task', { maxAttempts: 1.5 }],
    ['a lease of nothing', 'task', { leaseMs: 0 }],
    ['a timeout of nothing', 'task', { timeoutMs: 0 }],
    ['a backoff that shrinks', 'task', { retry: { factor: 0.5 } }],
    ['an empty queue', 'task', { queue: '' }],
  ])('refuses %s', (_, name, options) => {
    expect(() => defineTask(name, options, () => {})).toThrow(
      expect.objectContaining({ code: 'config.invalid', message: expect.stringContaining('task definition') }),
    )
  })

  it('is recognised across copies of this package', () => {
    const twin = Object.defineProperty({}, Symbol.for('holdfast.taskDefinition'), { value: true })

    expect([defineTask('a', {}, () => {}), twin, {}, null, 'a'].map(isTaskDefinition)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })

  it('types input and result by its schemas', () => {
    const typed = defineTask(
      'typed',
      { input: z.object({ n: z.string().transform(Number) }), output: z.number().transform(String) },
      (ctx, input) => {
        expectTypeOf(ctx).toEqualTypeOf<TaskContext>()
        expectTypeOf(input).toEqualTypeOf<{ n: number }>()
        return input.n
      },
    )

    expectTypeOf(typed).toEqualTypeOf<TaskDefinition<{ n: string }, string>>()
  })

  it('types the result by what the handler returns where it has no output schema', () => {
    const typed = defineTask('typed', {}, async (_, input) => {
      expectTypeOf(input).toBeUnknown()
      return { at: 1 }
    })

    expectTypeOf(typed).toEqualTypeOf<TaskDefinition<unknown, { at: number }>>()
  })

  it('refuses at compile time what does not fit', () => {
    const typed = defineTask('typed', { input: z.object({ n: z.number() }) }, () => {})
    const neverRun = (store: EngineStore, ctx: TaskContext) => {
      // @ts-expect-error n is a number
      void submitTask(store, typed, { n: 'one' })
      // @ts-expect-error n is a number
      void ctx.spawn({ task: typed, key: 'a', input: { n: 'one' } })
      // @ts-expect-error a key names the item
      void ctx.spawn({ task: typed, input: { n: 1 } })
      // @ts-expect-error the output schema wants a number
      defineTask('wrong', { output: z.number() }, () => 'text')
    }

    expect(neverRun).toBeTypeOf('function')
  })
})

describe('a registry of definitions', () => {
  const task = (name: string, options: Parameters<typeof defineTask>[1] = {}) => defineTask(name, options, () => {})

  it('refuses two definitions of one name', () => {
    expect(() => new TaskRegistry([task('a'), task('a')])).toThrow(expect.objectContaining({ code: 'config.invalid' }))
  })

  it('takes one definition that is named twice', () => {
    const same = task('a')

    expect(new TaskRegistry([same, same]).names).toEqual(['a'])
  })

  it('says which name it does not know', () => {
    expect(() => new TaskRegistry([]).require('nobody')).toThrow(expect.objectContaining({ code: 'task.unknown_type' }))
  })

  it('groups queues by lease length; a shared queue gets the longest of its leases', () => {
    const registry = new TaskRegistry([
      task('a', { queue: 'shared', leaseMs: 1_000 }),
      task('b', { queue: 'shared', leaseMs: 5_000 }),
      task('c', { leaseMs: 5_000 }),
      task('d', { leaseMs: 1_000 }),
    ])

    expect(registry.lanes()).toEqual([
      { leaseMs: 5_000, queues: ['shared', 'c'] },
      { leaseMs: 1_000, queues: ['d'] },
    ])
    expect(registry.lanes(['d', 'unknown'])).toEqual([{ leaseMs: 1_000, queues: ['d'] }])
  })

  it('puts no more queues into a lane than one claim may name', () => {
    const registry = new TaskRegistry(Array.from({ length: 250 }, (_, i) => task(`task-${i}`)))

    expect(registry.lanes().map(({ queues }) => queues.length)).toEqual([100, 100, 50])
  })
})
