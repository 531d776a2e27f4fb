import { describe, expect, it } from 'vitest'
import type { OpenTestStore } from '../open-test-store.js'

const worker = { id: 'p-1', kind: 'worker', host: 'h', pid: 42, version: '1.2.3' } as const

export const processesContract = (open: OpenTestStore): void => {
  describe('a process', () => {
    it('is alive from its registration to its goodbye', async () => {
      const { store, clock } = await open()
      const startedAtMs = clock.nowMs()
      await store.processes.register(worker)
      clock.advance(5_000)
      expect(await store.processes.heartbeat(worker.id)).toEqual({ alive: true })

      const [alive] = await store.processes.list({ state: 'alive' })
      clock.advance(1_000)
      expect(await store.processes.stop(worker.id)).toEqual({ stopped: true })
      const [stopped] = await store.processes.list({ state: 'stopped' })

      expect(alive).toEqual({
        ...worker,
        state: 'alive',
        startedAtMs,
        heartbeatAtMs: startedAtMs + 5_000,
        endedAtMs: null,
      })
      expect(stopped).toMatchObject({ state: 'stopped', endedAtMs: startedAtMs + 6_000 })
    })

    it('learns from its heartbeat that others took it for dead, and registers anew', async () => {
      const { store } = await open()
      await store.processes.register(worker)
      await store.sweep.recoverProcess({ processId: worker.id, sweeper: 's' })

      expect(await store.processes.heartbeat(worker.id)).toEqual({ alive: false })
      expect(await store.processes.list({ state: 'dead' })).toMatchObject([{ id: worker.id }])

      await store.processes.register(worker)
      expect(await store.processes.heartbeat(worker.id)).toEqual({ alive: true })
    })

    it('that nobody registered, or that stopped, is not alive', async () => {
      const { store } = await open()
      expect(await store.processes.heartbeat('nobody')).toEqual({ alive: false })
      expect(await store.processes.stop('nobody')).toEqual({ stopped: false })

      await store.processes.register(worker)
      await store.processes.stop(worker.id)

      expect(await store.processes.heartbeat(worker.id)).toEqual({ alive: false })
      expect(await store.processes.stop(worker.id)).toEqual({ stopped: false })
    })

    it('registered twice is one process', async () => {
      const { store } = await open()
      await store.processes.register(worker)
      await store.processes.register({ ...worker, version: '1.2.4' })

      expect(await store.processes.list()).toMatchObject([{ id: worker.id, version: '1.2.4' }])
    })

    it('is listed newest first, a bounded number', async () => {
      const { store } = await open()
      for (const id of ['p-1', 'p-2', 'p-3']) await store.processes.register({ ...worker, id })

      expect((await store.processes.list({ limit: 2 })).map(({ id }) => id)).toEqual(['p-3', 'p-2'])
    })

    it('refuses kinds and states that nobody knows: input.invalid', async () => {
      const { store } = await open()

      await expect(store.processes.register({ ...worker, kind: 'x' as never })).rejects.toMatchObject({
        code: 'input.invalid',
      })
      await expect(store.processes.list({ state: 'x' as never })).rejects.toMatchObject({ code: 'input.invalid' })
    })
  })
}
