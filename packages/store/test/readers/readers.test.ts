import { openDatabase, type OpenStoreOptions } from '@holdfast/store/sqlite'
import { describe, expect, it } from 'vitest'
import { fakeTimers } from '../support/fake-timers.js'
import { openToyStore as openStore, toyPath } from '../support/open-toy-store.js'
import {
  count,
  countQuickly,
  dieReading,
  put,
  readerThread,
  scan,
  sqlite as toys,
  writeFromRead,
} from '../support/toy-module.mjs'

/** Writes in place: the writer's thread has tests of its own, and its start takes time. */
const openToyStore = (options: Partial<OpenStoreOptions>) => openStore({ writer: 'inline', ...options })

describe.each([{ readers: 2 }, { readers: 0 }])('reads on $readers threads', ({ readers }) => {
  it('see everything that was acknowledged before them', async () => {
    const store = await openToyStore({ readers })
    for (let i = 0; i < 20; i += 1) {
      await store.submit(put, { id: `toy-${i}`, value: 'v' })
      expect(await store.submit(count, {})).toEqual({ count: i + 1 })
      expect(await store.submit(countQuickly, {})).toEqual({ count: i + 1 })
    }
  })

  it('cannot write', async () => {
    const store = await openToyStore({ readers })

    await expect(store.submit(writeFromRead, { id: 'a' })).rejects.toMatchObject({ code: 'store.read_only' })

    expect(await store.submit(count, {})).toEqual({ count: 0 })
  })

  it('go on while another process holds the write lock', async () => {
    const path = toyPath()
    const store = await openToyStore({ path, readers })
    const other = openDatabase({ path, role: 'writer' })
    other.exec('BEGIN IMMEDIATE')

    expect(await store.submit(count, {})).toEqual({ count: 0 })

    other.exec('ROLLBACK')
    other.close()
  })

  it('answer a batch in order, a verdict each', async () => {
    const store = await openToyStore({ readers })
    await store.submitAll(
      put,
      ['a', 'b', 'c'].map((id) => ({ id, value: 'v' })),
    )

    const verdicts = await store.submitAll(scan, [{ limit: 1 }, { limit: 3 }, { limit: 2 }])

    expect(verdicts).toEqual([1, 3, 2].map((rows) => ({ ok: true, value: { rows } })))
  })
})

describe('the reader threads', () => {
  it('run slow reads off the caller’s thread, and quick ones on it', async () => {
    const store = await openToyStore({ readers: 1 })

    expect((await store.submit(readerThread, { ms: 1 })).threadId).toBeGreaterThan(0)
    expect(await store.submit(countQuickly, {})).toEqual({ count: 0 })
  })

  it('refuse a read when too many wait already', async () => {
    const store = await openToyStore({ readers: 1, limits: { readQueueOperations: 3 } })

    const verdicts = await store.submitAll(
      readerThread,
      Array.from({ length: 5 }, () => ({ ms: 1 })),
    )

    expect(verdicts.map((verdict) => verdict.ok || verdict.refusal.code)).toEqual([
      true,
      true,
      true,
      'store.readers_exhausted',
      'store.readers_exhausted',
    ])
  })

  it('give a read up that takes too long, and answer the next', async () => {
    const timers = fakeTimers()
    const store = await openToyStore({ readers: 1, timers, limits: { submitTimeoutMs: 5_000 } })
    await store.submit(count, {})
    const slow = store.submit(readerThread, { ms: 200 })
    const behind = store.submit(count, {})

    timers.advance(5_000)

    await expect(slow).rejects.toMatchObject({ code: 'store.timeout', retryable: true })
    await expect(behind).rejects.toMatchObject({ code: 'store.timeout' })
    expect(await store.submit(count, {})).toEqual({ count: 0 })
  })

  it('fail the read that they died in, and are started again for the next', async () => {
    const warnings: string[] = []
    const store = await openToyStore({ readers: 1, onWarning: ({ code }) => warnings.push(code) })

    await expect(store.submit(dieReading, {})).rejects.toMatchObject({ code: 'store.thread_died', retryable: true })

    expect(await store.submit(count, {})).toEqual({ count: 0 })
    expect(warnings).toContain('reader.restarted')
  })

  it('refuse reads, and say why, where they don’t find the caller’s modules', async () => {
    const modules = [{ ...toys, url: new URL('./nowhere.mjs', import.meta.url).href }]
    const store = await openToyStore({ readers: 1, modules })

    await expect(store.submit(count, {})).rejects.toMatchObject({ code: 'store.operation_unknown' })
    await expect(store.submit(count, {})).rejects.toMatchObject({ code: 'store.operation_unknown' })
    expect(await store.submit(countQuickly, {})).toEqual({ count: 0 })
  })

  it('finish what they were given before close', async () => {
    const store = await openToyStore({ readers: 1 })
    const reading = store.submit(readerThread, { ms: 20 })

    await store.close()

    expect((await reading).threadId).toBeGreaterThan(0)
  })
})
