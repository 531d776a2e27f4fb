import type { EngineStore } from '@holdfast/engine'
import { describe, expect, it } from 'vitest'
import { settledWithin, systemTimers } from '../src/timers.js'
import { eventually } from './open-file-store.js'
import { sharedFile } from './shared-file.js'
import { startWorkerProcess, type WorkerProcess } from './worker-process.js'

/** Stops a process where it holds no write lock: nobody else could do anything until it goes on. */
const stopBetweenWrites = async (worker: WorkerProcess, store: EngineStore): Promise<void> => {
  for (let tries = 0; tries < 10; tries++) {
    worker.signal('SIGSTOP')
    const write = store.sweep.promoteDue()
    if (await settledWithin(systemTimers, 1_000, write)) return
    worker.signal('SIGCONT')
    await write
  }
  throw new Error('it was in the middle of a write ten times')
}

describe('a worker process that stands still past its lease', () => {
  it('finds its late writes refused with lease.lost, while the item was finished by another', async () => {
    const { path, sweeper, submit, item, ended, store } = await sharedFile()
    const id = await submit('steps', { steps: 5, stepMs: 100 })
    const sleeper = await startWorkerProcess(path)
    await sleeper.told((line) => line.step === 2)

    await stopBetweenWrites(sleeper, store)
    await eventually(async () => {
      await sweeper.scanNow()
      return sweeper.statistics().recovered > 0
    })
    // It still holds its death lock: only the end of its lease said anything.
    expect(sweeper.statistics()).toMatchObject({ recovered: 1, deadProcesses: 0 })
    const other = await startWorkerProcess(path)
    await other.told((line) => line.event === 'item.completed')
    await ended(id)
    sleeper.signal('SIGCONT')

    const { refused } = await sleeper.told((line) => line.refused !== undefined)
    expect(refused).toBe('lease.lost')
    expect(await sleeper.told((line) => line.event === 'item.lost')).toMatchObject({ code: 'lease.lost' })
    expect(await item(id)).toMatchObject({
      state: 'completed',
      attempt: 2,
      result: { resumedFrom: expect.any(Number) },
    })
    const { events } = await store.events.read(id, { limit: 100 })
    expect(events.filter(({ type }) => type === 'item.completed')).toHaveLength(1)
  })
})

describe('a worker process that is asked to end', () => {
  it('hands its work back with the attempt unchanged, says goodbye, and exits with 0', async () => {
    const { store, path, submit, item } = await sharedFile()
    const [running, ahead] = [await submit('hang'), await submit('hang')]
    const worker = await startWorkerProcess(path, { concurrency: 1, prefetch: 1, graceMs: 100 })
    await worker.told((line) => line.began === running)
    await worker.told((line) => line.ahead === 1)

    worker.signal('SIGTERM')

    expect(await worker.exited()).toBe(0)
    expect(await item(running)).toMatchObject({ state: 'pending', reason: 'released', attempt: 0 })
    expect(await item(ahead)).toMatchObject({ state: 'pending', reason: 'ahead_returned', attempt: 0 })
    expect(await store.processes.list()).toMatchObject([{ kind: 'worker', state: 'stopped' }])
  })
})

describe('several worker processes on one file', () => {
  it('complete each item exactly once', async () => {
    const { store, path, submit } = await sharedFile()
    const ids = await Promise.all(Array.from({ length: 300 }, () => submit('quick')))

    const workers = await Promise.all([1, 2, 3].map(() => startWorkerProcess(path, { concurrency: 20 })))
    await eventually(async () => (await store.tasks.list({ state: 'active', limit: 1 })).length === 0)

    const completions = () =>
      workers.flatMap(({ lines }) =>
        lines.flatMap(({ event, workItemId }) => (event === 'item.completed' ? [workItemId] : [])),
      )
    await eventually(() => completions().length >= 300)
    expect(completions().sort()).toEqual([...ids].sort())
    expect(workers.flatMap(({ lines }) => lines.filter(({ error }) => error !== undefined))).toEqual([])
  })
})
