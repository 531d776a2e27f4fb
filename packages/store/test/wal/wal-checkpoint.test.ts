import { statSync } from 'node:fs'
import { openDatabase } from '@holdfast/store/sqlite'
import { describe, expect, it } from 'vitest'
import { CheckpointTurn } from '../../src/sqlite/wal/checkpoint-wanted.js'
import { openToyStore, toyPath } from '../support/open-toy-store.js'
import { count, put, putLarge, scan } from '../support/toy-module.mjs'

const MEGABYTE = 1_048_576

describe('the WAL', () => {
  it('stays small while 300 MB go through and two readers never rest, and the file is whole', async () => {
    const path = toyPath()
    // Durability is not what is measured here, and 300 MB of syncs would be.
    const store = await openToyStore({ path, durability: 'none', readers: 2 })
    await store.submitAll(
      put,
      Array.from({ length: 500 }, (_, i) => ({ id: `small-${i}`, value: 'v' })),
    )

    let isWriting = true
    const read = async (): Promise<number> => {
      let reads = 0
      for (; isWriting; reads += 1) await store.submit(scan, { limit: 500 })
      return reads
    }
    const readers = [read(), read(), read()]
    let largestWalBytes = 0
    const write = async (lane: number): Promise<void> => {
      for (let i = 0; i < 600; i += 1) {
        await store.submit(putLarge, { id: `${lane}-${i}`, kilobytes: 64 })
        largestWalBytes = Math.max(largestWalBytes, statSync(`${path}-wal`).size)
      }
    }
    await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(write))
    isWriting = false

    expect((await Promise.all(readers)).every((reads) => reads > 10)).toBe(true)
    expect(largestWalBytes).toBeGreaterThan(4 * MEGABYTE)
    expect(largestWalBytes).toBeLessThanOrEqual(64 * MEGABYTE)
    expect(await store.submit(count, {})).toEqual({ count: 500 + 8 * 600 })
    await store.close()
    expect(integrityOf(path)).toBe('ok')
  }, 30_000)

  it('is begun anew by the inline writer as well', async () => {
    const path = toyPath()
    const store = await openToyStore({ path, writer: 'inline', limits: { walCheckpointBytes: MEGABYTE } })

    for (let i = 0; i < 50; i += 1) await store.submit(putLarge, { id: `toy-${i}`, kilobytes: 100 })

    expect(statSync(`${path}-wal`).size).toBeLessThan(3 * MEGABYTE)
  })

  it('grows past a reader that stays in its snapshot, and shrinks when it has gone; writers go on meanwhile', async () => {
    const path = toyPath()
    const store = await openToyStore({ path, limits: { walCheckpointBytes: MEGABYTE } })
    const reader = openDatabase({ path, role: 'reader' })
    const write = async (prefix: string): Promise<void> => {
      for (let i = 0; i < 30; i += 1) await store.submit(putLarge, { id: `${prefix}-${i}`, kilobytes: 100 })
    }
    await store.submit(put, { id: 'seen', value: 'v' })
    reader.exec('BEGIN; SELECT * FROM toys')

    await write('a')
    const grown = statSync(`${path}-wal`).size
    reader.exec('ROLLBACK')
    reader.close()
    await expect
      .poll(async () => {
        await store.submit(putLarge, { id: `more-${performance.now()}`, kilobytes: 10 })
        return statSync(`${path}-wal`).size > grown + MEGABYTE
      })
      .toBe(false)
    await write('b')

    expect(grown).toBeGreaterThan(2.5 * MEGABYTE)
    expect(statSync(`${path}-wal`).size).toBeLessThan(9 * MEGABYTE)
  })
})

describe('a checkpoint', () => {
  it.each(['writer', 'reader'] as const)('is refused on a %s connection', async (role) => {
    const path = toyPath()
    await openToyStore({ path })
    const connection = openDatabase({ path, role })

    expect(() => connection.exec('PRAGMA wal_checkpoint(TRUNCATE)')).toThrow(
      expect.objectContaining({ code: 'store.statement_refused' }),
    )
    connection.close()
  })
})

describe('the signal for readers', () => {
  it('slows reads, and never stops them, when whoever gave it was killed', async () => {
    const path = toyPath()
    const store = await openToyStore({ path })
    await store.submit(count, {})

    CheckpointTurn.take(path)
    const startedMs = performance.now()
    await store.submit(count, {})

    const tookMs = performance.now() - startedMs
    expect(tookMs).toBeGreaterThan(10)
    expect(tookMs).toBeLessThan(5_000)
  })
})

const integrityOf = (path: string): unknown => {
  const connection = openDatabase({ path, role: 'reader' })
  const answer = connection.pragma('integrity_check')
  connection.close()
  return answer
}
