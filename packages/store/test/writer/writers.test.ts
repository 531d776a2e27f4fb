import type { StoreWarning } from '@holdfast/store'
import { openDatabase, openStore } from '@holdfast/store/sqlite'
import { describe, expect, it } from 'vitest'
import { openToyStore, toyPath } from '../support/open-toy-store.js'
import { count, die, get, put, putAndRefuse } from '../support/toy-module.mjs'

describe.each([{ writer: 'thread' }, { writer: 'inline' }] as const)('the $writer writer', ({ writer }) => {
  it('answers with the value, the refusal as its typed error, or a verdict each', async () => {
    const store = await openToyStore({ writer })

    expect(await store.submit(put, { id: 'a', value: 'v' })).toEqual({ id: 'a' })
    await expect(store.submit(putAndRefuse, { id: 'b' })).rejects.toMatchObject({
      code: 'toys.refused',
      details: { id: 'b' },
    })
    expect(
      await store.submitAll(
        put,
        ['a', 'c'].map((id) => ({ id, value: 'v' })),
      ),
    ).toMatchObject([
      { ok: false, refusal: { code: 'store.constraint' } },
      { ok: true, value: { id: 'c' } },
    ])
  })

  it('says with a receipt what the acknowledgement is worth', async () => {
    const before = Date.now()
    const store = await openToyStore({ writer, durability: 'process' })

    const { value, receipt } = await store.submitWithReceipt(put, { id: 'a', value: 'v' })

    expect(value).toEqual({ id: 'a' })
    expect(receipt).toMatchObject({ durability: 'process', groupSize: 1 })
    expect(receipt.committedAtMs).toBeGreaterThanOrEqual(before)
    await expect(store.submitWithReceipt(count, {})).rejects.toMatchObject({ code: 'input.invalid' })
  })

  it('takes tens of thousands of submissions in one turn', async () => {
    const store = await openToyStore({ writer, durability: 'none' })

    await Promise.all(Array.from({ length: 20_000 }, (_, i) => store.submit(put, { id: `toy-${i}`, value: 'v' })))

    expect(await store.submit(count, {})).toEqual({ count: 20_000 })
    expect(store.metrics()).toMatchObject({ operations: 20_000, queueHighWaterMark: 20_000, failures: 0 })
  })

  it('waits for another’s write lock without blocking the event loop', async () => {
    const path = toyPath()
    const store = await openToyStore({ path, writer })
    const other = openDatabase({ path, role: 'writer' })
    other.exec('BEGIN IMMEDIATE')

    let turns = 0
    const ticking = setInterval(() => {
      turns += 1
      if (turns === 10) other.exec('ROLLBACK')
    }, 5)
    await store.submit(put, { id: 'a', value: 'v' })
    clearInterval(ticking)
    other.close()

    expect(turns).toBeGreaterThanOrEqual(10)
  })

  it('answers busy, and has written nothing, when the lock stays taken', async () => {
    const path = toyPath()
    const store = await openToyStore({ path, writer, limits: { lockWaitMs: 30 } })
    const other = openDatabase({ path, role: 'writer' })
    other.exec('BEGIN IMMEDIATE')

    await expect(store.submit(put, { id: 'a', value: 'v' })).rejects.toMatchObject({
      code: 'store.busy',
      retryable: true,
    })

    other.exec('ROLLBACK')
    other.close()
    expect(await store.submit(count, {})).toEqual({ count: 0 })
  })

  it('finishes what was submitted before close, and refuses what comes after', async () => {
    const path = toyPath()
    const store = await openToyStore({ path, writer })
    const submitted = store.submit(put, { id: 'a', value: 'v' })

    const closed = store.close()

    await expect(store.submit(put, { id: 'b', value: 'v' })).rejects.toMatchObject({ code: 'store.closed' })
    await expect(store.submit(count, {})).rejects.toMatchObject({ code: 'store.closed' })
    expect(await submitted).toEqual({ id: 'a' })
    await closed
    const again = await openToyStore({ path, writer })
    expect(await again.submit(get, { id: 'a' })).toEqual({ value: 'v' })
  })

  it('refuses an operation that no module of the store binds', async () => {
    const store = await openStore({ path: ':memory:', modules: [], writer })

    await expect(store.submit(put, { id: 'a', value: 'v' })).rejects.toMatchObject({ code: 'store.operation_unknown' })
    await store.close()
  })
})

describe('a store in memory', () => {
  it('writes and reads on one connection', async () => {
    const store = await openToyStore({ path: ':memory:' })

    await store.submit(put, { id: 'a', value: 'v' })

    expect(await store.submit(count, {})).toEqual({ count: 1 })
    expect(store.info()).toMatchObject({ location: ':memory:', engine: 'sqlite' })
  })
})

const keepBusy = (ms: number): void => {
  const endMs = performance.now() + ms
  while (performance.now() < endMs);
}

describe('a writer thread that dies', () => {
  it('leaves what it had unknown, and its successor runs what was queued', async () => {
    const warnings: StoreWarning[] = []
    const store = await openToyStore({ limits: { groupOperations: 2 }, onWarning: (warning) => warnings.push(warning) })

    const taken = [store.submit(put, { id: 'with it', value: 'v' }), store.submit(die, {})]
    const queued = store.submit(put, { id: 'behind it', value: 'v' })

    expect(await Promise.allSettled(taken)).toMatchObject([
      { reason: { code: 'store.outcome_unknown', retryable: true } },
      { reason: { code: 'store.outcome_unknown' } },
    ])
    expect(await queued).toEqual({ id: 'behind it' })
    expect(await store.submit(get, { id: 'with it' })).toEqual({ value: null })
    expect(warnings).toContainEqual(
      expect.objectContaining({ code: 'writer.restarted', details: { exitCode: 7, reason: null } }),
    )
  })

  it('runs in its successor the group that it was given ahead and had not begun', async () => {
    const store = await openToyStore({ durability: 'none' })
    // Callers who have more to do than a COMMIT takes: from now on two groups are under way at once.
    for (const id of ['1', '2', '3', '4', '5']) {
      await store.submit(put, { id, value: 'v' })
      keepBusy(30)
    }

    const taken = [store.submit(put, { id: 'with it', value: 'v' }), store.submit(die, {})]
    const ahead = ['c', 'd'].map((id) => store.submit(put, { id, value: 'v' }))

    expect(await Promise.allSettled(taken)).toMatchObject([
      { reason: { code: 'store.outcome_unknown' } },
      { reason: { code: 'store.outcome_unknown' } },
    ])
    expect(await Promise.all(ahead)).toEqual([{ id: 'c' }, { id: 'd' }])
    expect(await store.submit(get, { id: 'with it' })).toEqual({ value: null })
  })

  it('can die again and again, and the store can be closed between', async () => {
    const store = await openToyStore()
    for (const id of ['a', 'b']) {
      await expect(store.submit(die, {})).rejects.toMatchObject({ code: 'store.outcome_unknown' })
      await store.submit(put, { id, value: 'v' })
    }
    await expect(store.submit(die, {})).rejects.toMatchObject({ code: 'store.outcome_unknown' })

    await store.close()
  })
})
