import { describe, expect, it } from 'vitest'
import { defineTask } from '../src/index.js'
import { engineKit } from './engine-kit.js'

const task = defineTask('task', {}, () => 'done')

describe('a worker embedded in a program', () => {
  it('registers its process while it runs', async () => {
    const { store, time, work } = await engineKit()
    const worker = await work([task], { process: { kind: 'worker', version: '1.2.3' } })
    const { processId } = store.info()
    expect(await store.processes.list()).toMatchObject([
      { id: processId, kind: 'worker', version: '1.2.3', state: 'alive' },
    ])

    const stopped = worker.stop()
    await time.advance(60_000)
    await stopped

    expect(await store.processes.list()).toMatchObject([{ id: processId, state: 'stopped' }])
  })

  it('heartbeats its process, and registers anew when others took it for dead', async () => {
    const { store, time, work } = await engineKit()
    await work([task], { process: {} })
    const { processId } = store.info()
    await store.sweep.recoverProcess({ processId, sweeper: 'mistaken' })
    expect(await store.processes.list()).toMatchObject([{ state: 'dead' }])

    await time.advance(10_000)

    expect(await store.processes.list()).toMatchObject([
      { state: 'alive', kind: 'embedded', heartbeatAtMs: time.nowMs() },
    ])
  })

  it('goes on when a heartbeat of its process fails, and says so', async () => {
    const { store, time, events, work } = await engineKit()
    await work([task], { process: {} })
    store.processes.heartbeat = () => Promise.reject(new Error('the disk is full'))

    await time.advance(10_000)

    expect(events).toMatchObject([{ event: 'worker.error', during: 'process' }])
  })

  it('sweeps: what a dead owner left is done again', async () => {
    const { store, time, work, submit, ended } = await engineKit()
    const id = await submit(task)
    await store.leases.claim({ queue: 'task', owner: 'dead', leaseMs: 5_000 })

    await work([task], { sweep: {} })
    await time.advance(10_000)

    expect(await ended(id)).toMatchObject({ state: 'completed', result: 'done' })
    expect(await store.workItems.require(id)).toMatchObject({ attempt: 2 })
  })
})
