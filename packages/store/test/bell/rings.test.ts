import { existsSync } from 'node:fs'
import { submitTask, type HeldLease, type Store, type SubmitTaskArgs } from '@holdfast/store'
import { bindingOf, openDatabase, openStore, sqlite as core, within } from '@holdfast/store/sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bellPathOf } from '../../src/sqlite/bell/bell-file.js'
import { tempPath } from '../database/temp-folder.js'

/** A store in memory tells its listeners before it answers, so that a test can count. */
const counted = async () => {
  const store = await openStore({ path: ':memory:' })
  onTestFinished(() => store.close())
  let rings = 0
  store.onWork(() => {
    rings += 1
  })
  /** How often it rang for this. */
  const ringsFor = async (what: () => Promise<unknown>): Promise<number> => {
    const before = rings
    await what()
    return rings - before
  }
  return { store, ringsFor }
}

const submit = (store: Store, id?: string) =>
  store.tasks.submit({ type: 'test', queue: 'test', input: null, ...(id === undefined ? {} : { id }) })

const claimed = async (store: Store): Promise<HeldLease> => {
  await submit(store)
  const [lease] = await store.leases.claim({ owner: 'o', queue: 'test' })
  if (!lease) throw new Error('there was nothing to claim')
  return lease
}

describe('the bell stays silent for', () => {
  const SILENT: readonly {
    readonly what: string
    readonly prepare: (store: Store) => Promise<() => Promise<unknown>>
  }[] = [
    {
      what: 'a submission that adds nothing',
      prepare: async (store) => {
        await submit(store, 'known')
        return () => submit(store, 'known')
      },
    },
    {
      what: 'a claim, with work and without',
      prepare: async (store) => {
        await submit(store)
        return async () => {
          await store.leases.claim({ owner: 'o', queue: 'test' })
          await store.leases.claim({ owner: 'o', queue: 'test' })
        }
      },
    },
    {
      what: 'a heartbeat',
      prepare: async (store) => {
        const lease = await claimed(store)
        return () => store.leases.heartbeat(lease)
      },
    },
    {
      what: 'a completion',
      prepare: async (store) => {
        const lease = await claimed(store)
        return () => store.leases.complete(lease, null)
      },
    },
    {
      what: 'a failure for good',
      prepare: async (store) => {
        const lease = await claimed(store)
        return () => store.leases.fail(lease, new Error('for good'))
      },
    },
    {
      what: 'a cancellation',
      prepare: async (store) => {
        const { taskId } = await submit(store)
        return () => store.tasks.cancel(taskId)
      },
    },
    {
      what: 'a sweep that finds nothing',
      prepare: async (store) => async () => {
        await store.sweep.promoteDue()
        await store.sweep.recoverExpired({ sweeper: 's' })
      },
    },
    {
      what: 'a write that is refused',
      prepare: async (store) => {
        const lease = await claimed(store)
        await store.leases.complete(lease, null)
        return () => store.leases.release(lease).catch(() => {})
      },
    },
  ]

  it.each(SILENT)('$what', async ({ prepare }) => {
    const { store, ringsFor } = await counted()
    const act = await prepare(store)

    expect(await ringsFor(act)).toBe(0)
  })
})

describe('the bell rings once', () => {
  it('for all that one group made claimable', async () => {
    const { store, ringsFor } = await counted()

    expect(await ringsFor(() => Promise.all(Array.from({ length: 50 }, () => submit(store))))).toBe(1)

    expect(store.metrics().groups).toBe(1)
  })
})

describe("a user's own transaction", () => {
  const args = (id: string): SubmitTaskArgs => ({
    tenant: 'default',
    failurePolicy: 'any',
    metadata: null,
    item: {
      id,
      type: 'test',
      queue: 'test',
      priority: 0,
      input: { data: 'null', encoding: 'json', rawBytes: 4 },
      maxAttempts: 1,
      visibleAtMs: 0,
      deadlineAtMs: null,
      timeoutMs: null,
    },
    idempotency: null,
    nowMs: 0,
  })

  const open = async () => {
    const path = tempPath()
    const store = await openStore({ path, writer: 'inline' })
    const connection = openDatabase({ path, role: 'writer' })
    onTestFinished(async () => {
      connection.close()
      await store.close()
    })
    return { path, store, connection }
  }

  it('rings after its commit, when whoever hears it finds the work', async () => {
    const { store, connection } = await open()
    const found = new Promise<boolean>((resolve, reject) => {
      store.onWork(() => {
        store.leases.peek({ queue: 'test' }).then(({ isClaimable }) => resolve(isClaimable), reject)
      })
    })

    connection.db.transaction((tx) => within(tx, bindingOf(core, submitTask), args('mine')))

    expect(await found).toBe(true)
  })

  it('rings not at all when it is rolled back', async () => {
    const { path, connection } = await open()

    expect(() =>
      connection.db.transaction((tx) => {
        within(tx, bindingOf(core, submitTask), args('never'))
        throw new Error('they changed their mind')
      }),
    ).toThrow('changed their mind')

    // Whoever rings first makes it, and nobody listens here.
    expect(existsSync(bellPathOf(path))).toBe(false)
    connection.db.transaction((tx) => within(tx, bindingOf(core, submitTask), args('mine')))
    expect(existsSync(bellPathOf(path))).toBe(true)
  })
})
