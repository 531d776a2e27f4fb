import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StoreCorruptError, type StoreError } from '@holdfast/store'
import { createSweeper, createWorker, defineTask, type WorkerEvent } from '@holdfast/engine'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ThreadKeeper } from '../src/lease-keeper/thread-keeper.js'
import { eventually, openFileStore } from './open-file-store.js'

const LEASE_MS = 700

/** Holds the event loop: nothing else runs on this thread meanwhile. */
const block = (ms: number): void => {
  const untilMs = performance.now() + ms
  while (performance.now() < untilMs);
}

const runBlocking = async (liveness: 'thread' | 'main') => {
  const { store } = await openFileStore()
  const events: WorkerEvent[] = []
  const blocking = defineTask('blocking', { leaseMs: LEASE_MS, maxAttempts: 2 }, async (ctx) => {
    block(3 * LEASE_MS)
    // Time for news of a lost lease, if there is any.
    await new Promise((resolve) => setTimeout(resolve, LEASE_MS))
    return ctx.signal.aborted
  })
  const worker = createWorker({
    store,
    tasks: [blocking],
    liveness,
    sweep: false,
    onEvent: (event) => events.push(event),
  })
  onTestFinished(() => worker.stop())
  const { taskId } = await store.tasks.submit({ type: 'blocking', input: null, maxAttempts: 2 })
  await worker.start()
  return { store, events, taskId }
}

describe('a handler that blocks the event loop for three lease lengths', () => {
  it('keeps its lease, because heartbeats come from a thread of their own', async () => {
    const { store, events, taskId } = await runBlocking('thread')
    // On this very thread, so it looks right after the handler has let go of it.
    const sweeper = createSweeper({ store, leaseMs: LEASE_MS, intervalMs: 50 })
    sweeper.start()
    onTestFinished(() => sweeper.stop())

    await eventually(async () => (await store.tasks.require(taskId)).state !== 'active')

    expect(await store.tasks.require(taskId)).toMatchObject({ state: 'completed', result: false })
    expect(await store.workItems.require(taskId)).toMatchObject({ attempt: 1 })
    expect(events.map(({ event }) => event)).toEqual(['item.started', 'item.completed'])
  })

  it('is told that its lease ran out where heartbeats share its thread', async () => {
    const { store, taskId } = await runBlocking('main')

    await eventually(async () => (await store.tasks.require(taskId)).state !== 'active')

    // Nobody had taken the item meanwhile, so its result still counts.
    expect(await store.tasks.require(taskId)).toMatchObject({ state: 'completed', result: true })
  })
})

describe('the leases of a store that stops for good', () => {
  it.each(['thread', 'main'] as const)(
    'run out, so that others can take the items: heartbeats from %s',
    async (liveness) => {
      const { store } = await openFileStore()
      let stopped = (_: StoreError): void => {}
      Object.assign(store, {
        onStop: (listener: typeof stopped) => {
          stopped = listener
          return () => {}
        },
      })
      const endless = defineTask('endless', { leaseMs: LEASE_MS }, async (ctx) => {
        await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
      })
      const worker = createWorker({ store, tasks: [endless], liveness, sweep: false })
      onTestFinished(() => worker.stop())
      const { taskId } = await store.tasks.submit({ type: 'endless', input: null })
      await worker.start()
      await eventually(async () => (await store.leases.status(taskId))?.state === 'running')

      stopped(new StoreCorruptError('the file is damaged'))

      await eventually(async () => (await store.leases.status(taskId))?.isExpired === true)
    },
  )
})

describe('the thread that extends leases', () => {
  it('is started again when it dies, and told anew of every lease that is held', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-keeper-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const told: string[] = []
    const keeper = new ThreadKeeper(
      { path: join(folder, 'has-died'), driver: 'none', keeperId: 'keeper' },
      { onRefused: ({ workItemId }) => told.push(workItemId), onError: (error) => told.push(String(error)) },
      new URL('fixtures/dying-thread.mjs', import.meta.url),
    )
    const lease = (workItemId: string) => ({ tenant: 'default', workItemId, fencingToken: 1, leaseMs: 1_000 })

    await keeper.start()
    keeper.hold([lease('a'), lease('b')])
    keeper.drop(lease('b'))
    await eventually(() => told.length === 2)
    await keeper.stop()

    expect(told).toEqual([expect.stringContaining('started again'), 'a'])
  })

  it('is refused a start on a file that is gone, and the worker says so', async () => {
    const { store } = await openFileStore()
    const about = store.info()
    Object.assign(store, { info: () => ({ ...about, location: '/nowhere/store.db' }) })
    const worker = createWorker({ store, tasks: [defineTask('task', {}, () => {})] })

    await expect(worker.start()).rejects.toMatchObject({ code: 'store.missing' })

    await worker.stop()
    expect(worker.isRunning).toBe(false)
  })
})
