import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@holdfast/store/sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { prepareLimit, runLimit } from '../limit/run-limit.mjs'
import { makeBacklog } from '../support/backlog.mjs'
import { LEVELS } from '../support/levels.mjs'
import { Skipped } from '../support/skipped.mjs'

const ITEMS = 40
const CYCLE = ['item.enqueued', 'lease.claimed', 'checkpoint.appended', 'item.completed']

let folder
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-limit-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The plan's program, or a skip that says what is missing. */
const limitOf = async (plan, context) => {
  try {
    return await prepareLimit(plan, { quick: true })
  } catch (error) {
    if (error instanceof Skipped) return context.skip(error.message)
    throw error
  }
}

// A limit that does less than the store would flatter nobody: its work is read back through the store.
describe('the C limit', () => {
  it('leaves the rows and the journal that the store would leave', { timeout: 120_000 }, async (context) => {
    const limit = await limitOf('cycle', context)
    const path = join(folder, 'cycle.db')
    const { settings } = await makeBacklog(path, { items: ITEMS, durability: 'power' })

    const run = await runLimit(limit, { path, lanes: 8, seconds: 60, settings, level: LEVELS.power })

    expect(run).toMatchObject({ operations: ITEMS * 4, isExhausted: true, synchronous: settings.synchronous })
    const store = await openStore({ path, readers: 0 })
    const tasks = await store.tasks.list({ state: 'completed', limit: ITEMS })
    expect(tasks).toHaveLength(ITEMS)
    for (const { id, result } of tasks) {
      expect(result).toEqual({ ok: true })
      const { events } = await store.events.read(id)
      expect(events.map(({ type }) => type)).toEqual(CYCLE)
    }
    await store.close()
  })

  it('adds what the store would add', { timeout: 120_000 }, async (context) => {
    const limit = await limitOf('enqueue', context)
    const path = join(folder, 'enqueue.db')
    const { settings } = await makeBacklog(path, { items: 0, durability: 'process' })

    const run = await runLimit(limit, { path, lanes: 4, seconds: 0.05, settings, level: LEVELS.process })

    const store = await openStore({ path, readers: 0 })
    const [lease] = await store.leases.claim({ owner: 'test', queue: 'bench' })
    expect(lease).toMatchObject({ attempt: 1, fencingToken: 1, input: { n: 1 } })
    await store.leases.release(lease)
    const rest = await store.leases.claim({ owner: 'test', queue: 'bench', limit: 1_000 })
    expect(rest).toHaveLength(Math.min(run.operations, 1_000))
    await store.close()
  })
})
