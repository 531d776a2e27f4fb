import { createWorker, defineTask } from '@holdfast/engine'
import { describe, expect, it, onTestFinished } from 'vitest'
import { engineKit } from './engine-kit.js'
import { eventually, openFileStore } from './open-file-store.js'

describe('a worker with a deep queue', () => {
  it('runs every item once, and never more at once than it has slots', async () => {
    const { store } = await openFileStore()
    const items = 400
    const runs = new Map<string, number>()
    let running = 0
    let most = 0
    const task = defineTask('task', {}, async (ctx) => {
      runs.set(ctx.workItemId, (runs.get(ctx.workItemId) ?? 0) + 1)
      running += 1
      most = Math.max(most, running)
      // Some end in the tick they began in, some later: halves of the slots come free in every mixture.
      if (runs.size % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
      running -= 1
    })
    await store.tasks.submitAll(Array.from({ length: items }, (_, n) => ({ type: 'task', input: n })))
    const worker = createWorker({ store, tasks: [task], concurrency: 32, sweep: false })
    onTestFinished(() => worker.stop())

    await worker.start()
    await eventually(() => worker.metrics().completed === items)

    expect([...runs.values()].every((times) => times === 1)).toBe(true)
    expect(runs.size).toBe(items)
    expect(most).toBeLessThanOrEqual(32)
    expect(most).toBeGreaterThan(1)
  })

  it('hands back, with their attempts, what claims under way bring to a worker that stops', async () => {
    const { store } = await openFileStore()
    const ids = Array.from({ length: 300 }, (_, n) => `item-${n}`)
    await store.tasks.submitAll(ids.map((id) => ({ id, type: 'task', input: null })))
    const task = defineTask('task', {}, () => {})
    const worker = createWorker({ store, tasks: [task], concurrency: 32, sweep: false })
    await worker.start()
    await eventually(() => worker.metrics().completed >= 32)

    await worker.stop()

    const items = await Promise.all(ids.map((id) => store.workItems.require(id)))
    for (const { state, attempt } of items)
      expect([state, attempt]).toEqual(state === 'completed' ? ['completed', 1] : ['pending', 0])
  })
})

describe("a handler's signal", () => {
  it('is aborted already when it is first asked for after the abort', async () => {
    const { store, time, events, work, submit } = await engineKit()
    const seen: unknown[] = []
    let ask = (): void => {}
    const asked = new Promise<void>((resolve) => {
      ask = resolve
    })
    const late = defineTask('late', { timeoutMs: 1_000, maxAttempts: 1 }, async (ctx) => {
      await asked
      const { signal } = ctx
      seen.push(signal.aborted, signal.reason.code, ctx.signal === signal)
    })
    const id = await submit(late)
    await work([late], { graceMs: 500 })
    await eventually(() => events.length === 1)

    await time.advance(1_000)
    ask()
    await eventually(async () => (await store.tasks.require(id)).state === 'failed')

    expect(seen).toEqual([true, 'work_item.timeout', true])
  })
})
