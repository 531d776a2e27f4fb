import type { HeldLease, Store } from '@holdfast/store'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { OpenTestStore, TestStore } from '../open-test-store.js'
import { claimOne } from './claiming.js'

/** Fails the test loudly where a ring is lost; a store that can only poll needs half a second. */
const PATIENCE_MS = 5_000

/** Hears work on a store until the test ends. */
const listenTo = (store: Store) => {
  let rings = 0
  let wake = (): void => {}
  const stop = store.onWork(() => {
    rings += 1
    wake()
  })
  onTestFinished(stop)
  return {
    stop,
    rings: () => rings,
    /** Does something, and resolves when it was heard. */
    hears: async (what: () => Promise<unknown>): Promise<void> => {
      let timer: NodeJS.Timeout | undefined
      const heard = new Promise<void>((resolve, reject) => {
        wake = resolve
        timer = setTimeout(() => reject(new Error(`it was not heard within ${PATIENCE_MS} ms`)), PATIENCE_MS)
      })
      await what()
      await heard
      clearTimeout(timer)
    },
  }
}

/** What makes work claimable, or due earlier: prepared first, so that only the last step is heard. */
const WAYS: readonly {
  readonly title: string
  readonly prepare: (test: TestStore) => Promise<(store: Store) => Promise<unknown>>
}[] = [
  { title: 'is submitted', prepare: async () => (store) => store.tasks.submit({ type: 'test', input: null }) },
  {
    title: 'is submitted for later',
    prepare: async () => (store) => store.tasks.submit({ type: 'test', input: null, delayMs: 60_000 }),
  },
  {
    title: 'is spawned',
    prepare: async (test) => {
      await test.enqueue()
      const lease = await claimOne(test)
      return (store) =>
        store.workItems.spawn(lease, [{ id: `${lease.workItemId}-child`, type: 'test', queue: 'test', input: null }])
    },
  },
  {
    title: 'is handed back',
    prepare: async (test) => {
      await test.enqueue()
      const lease = await claimOne(test)
      return (store) => store.leases.release(lease)
    },
  },
  {
    title: 'is to be tried again',
    prepare: async (test) => {
      await test.enqueue({ maxAttempts: 2 })
      const lease = await claimOne(test)
      return (store) =>
        store.leases.fail(lease, { code: 'flaky', message: 'try again' }, { retryAtMs: test.clock.nowMs() + 1_000 })
    },
  },
  {
    title: 'is taken back from a lease that ran out',
    prepare: async (test) => {
      await test.enqueue({ maxAttempts: 2 })
      const { leaseExpiresAtMs } = await claimOne(test)
      test.clock.advance(leaseExpiresAtMs - test.clock.nowMs() + 1)
      return (store) => store.sweep.recoverExpired({ sweeper: 's' })
    },
  },
  {
    title: 'is taken back from a dead process',
    prepare: async (test) => {
      await test.store.processes.register({ id: 'p-dead', kind: 'worker', host: 'h', pid: 1, version: '1' })
      await test.enqueue({ maxAttempts: 2 })
      await claimOne(test, { processId: 'p-dead' })
      return (store) => store.sweep.recoverProcess({ processId: 'p-dead', sweeper: 's' })
    },
  },
  {
    title: 'has become due and is promoted',
    prepare: async (test) => {
      await test.enqueue({ delayMs: 1_000 })
      test.clock.advance(1_000)
      return (store) => store.sweep.promoteDue()
    },
  },
]

export const workBellContract = (open: OpenTestStore): void => {
  describe('whoever listens for work', () => {
    it.each(WAYS)('hears of an item that $title', async ({ prepare }) => {
      const test = await open()
      const make = await prepare(test)
      const listener = listenTo(test.store)

      await listener.hears(() => make(test.store))
    })

    it.each(WAYS)('hears of an item that $title by another store on the same database', async ({ prepare }) => {
      const test = await open()
      const other = await test.openAnother?.()
      // Declared where the store is opened: a database in memory has one store.
      if (!other) return
      const make = await prepare(test)
      const listener = listenTo(test.store)

      await listener.hears(() => make(other))
    })

    it('hears of every commit: a hundred of a hundred, one at a time', async () => {
      const test = await open()
      const other = (await test.openAnother?.()) ?? test.store
      const listener = listenTo(test.store)

      for (let i = 0; i < 100; i++) {
        const [item] = await Promise.all([
          other.tasks.submit({ type: 'test', input: null }),
          listener.hears(() => Promise.resolve()),
        ])
        expect(item.created).toBe(true)
      }
    })

    it('finds the work by the time that it hears of it', async () => {
      const test = await open()
      const other = (await test.openAnother?.()) ?? test.store
      const found = new Promise<HeldLease>((resolve, reject) => {
        const stop = test.store.onWork(() => {
          claimOne(test).then(resolve, reject)
          stop()
        })
      })

      const { taskId } = await other.tasks.submit({ type: 'test', queue: 'test', input: null })

      expect((await found).taskId).toBe(taskId)
    })

    it('hears nothing any more once it has ended that, or its store is closed', async () => {
      const test = await open()
      const ended = listenTo(test.store)
      const still = listenTo(test.store)
      ended.stop()

      await still.hears(() => test.enqueue())

      expect(ended.rings()).toBe(0)
    })
  })

  describe('a look at the work that there is', () => {
    const queues = ['test', 'other']

    it('sees nothing in an empty store', async () => {
      const { store } = await open()
      expect(await store.leases.peek({ queues })).toEqual({ isClaimable: false, nextDueAtMs: null })
    })

    it('sees what is pending in its queues, and changes nothing', async () => {
      const test = await open()
      const id = await test.enqueue({ queue: 'other' })

      expect(await test.store.leases.peek({ queues })).toEqual({ isClaimable: true, nextDueAtMs: null })
      expect(await test.store.leases.peek({ queue: 'other' })).toMatchObject({ isClaimable: true })

      expect(await test.store.workItems.require(id)).toMatchObject({ state: 'pending', attempt: 0 })
    })

    it('sees neither other queues, nor other tenants, nor what is running', async () => {
      const test = await open()
      await test.enqueue({ queue: 'elsewhere' })
      await test.store.tasks.submit({ type: 'test', queue: 'test', input: null }, { tenant: 'theirs' })
      await test.enqueue()
      await claimOne(test)

      expect(await test.store.leases.peek({ queues })).toMatchObject({ isClaimable: false })
      expect(await test.store.leases.peek({ queues, tenant: 'theirs' })).toMatchObject({ isClaimable: true })
      expect(await test.store.leases.peek({ queues, tenants: ['nobody', 'theirs'] })).toMatchObject({
        isClaimable: true,
      })
    })

    it('sees when the next scheduled item is due, whatever its queue', async () => {
      const test = await open()
      const nowMs = test.clock.nowMs()
      await test.enqueue({ queue: 'elsewhere', delayMs: 5_000 })
      await test.enqueue({ delayMs: 9_000 })
      expect(await test.store.leases.peek({ queues })).toEqual({ isClaimable: false, nextDueAtMs: nowMs + 5_000 })

      test.clock.advance(9_000)

      expect(await test.store.leases.peek({ queues })).toEqual({ isClaimable: false, nextDueAtMs: nowMs + 5_000 })
      await claimOne(test)
      expect(await test.store.leases.peek({ queues })).toEqual({ isClaimable: false, nextDueAtMs: null })
    })

    it('is refused without a queue, or with too many: input.invalid', async () => {
      const { store } = await open()
      const tooMany = Array.from({ length: 101 }, (_, i) => `q-${i}`)

      await expect(store.leases.peek({})).rejects.toMatchObject({ code: 'input.invalid' })
      await expect(store.leases.peek({ queues: tooMany })).rejects.toMatchObject({ code: 'input.invalid' })
      await expect(store.leases.peek({ queue: 'test', tenant: 'a', tenants: ['b'] })).rejects.toMatchObject({
        code: 'input.invalid',
      })
    })
  })
}
