// The five threading tests of the recovery system that this store replaces.
import { openDatabase } from '@holdfast/store/sqlite'
import { describe, expect, it } from 'vitest'
import { openToyStore, toyPath } from '../support/open-toy-store.js'
import { count, put, putSlowly, readerThread, scan, writerThread } from '../support/toy-module.mjs'

describe('threads', () => {
  it('have a connection of their own each, and the same one on repeat', async () => {
    const store = await openToyStore({ readers: 2 })
    const askBoth = async () =>
      new Set(
        (await Promise.all([1, 2].map(() => store.submit(readerThread, { ms: 30 })))).map(({ threadId }) => threadId),
      )

    // Two reads at once open a second thread; from when it is there, both take their share.
    let readers = await askBoth()
    for (let tries = 0; readers.size < 2 && tries < 50; tries += 1) readers = await askBoth()
    const again = await askBoth()
    const writer = await store.submit(writerThread, {})
    const writerAgain = await store.submit(writerThread, {})

    expect(readers.size).toBe(2)
    expect(again).toEqual(readers)
    expect(writerAgain).toEqual(writer)
    expect(readers).not.toContain(writer.threadId)
  })

  it('let many concurrent readers see the right rows', async () => {
    const store = await openToyStore({ readers: 3 })
    await store.submitAll(
      put,
      Array.from({ length: 100 }, (_, i) => ({ id: `toy-${i}`, value: 'v' })),
    )

    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => store.submit(scan, { limit: (i % 100) + 1 })),
    )

    expect(answers.map(({ rows }) => rows)).toEqual(Array.from({ length: 200 }, (_, i) => (i % 100) + 1))
  })

  it('land every one of many concurrent writes', async () => {
    const store = await openToyStore()

    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, i) => store.submit(put, { id: `toy-${i}`, value: 'v' })),
    )

    expect(new Set(answers.map(({ id }) => id)).size).toBe(500)
    expect(await store.submit(count, {})).toEqual({ count: 500 })
  })

  it('never show uncommitted writes, and show committed ones at once', async () => {
    const path = toyPath()
    const store = await openToyStore({ path })
    const other = openDatabase({ path, role: 'writer' })

    other.exec(`BEGIN IMMEDIATE; INSERT INTO toys (id, value) VALUES ('a', 'v')`)
    const before = await store.submit(count, {})
    other.exec('COMMIT')
    const after = await store.submit(count, {})
    other.close()

    expect(before).toEqual({ count: 0 })
    expect(after).toEqual({ count: 1 })
  })

  it('write strictly one after another, in the order of submission', async () => {
    const store = await openToyStore({ limits: { groupOperations: 3 } })

    const runs = await Promise.all(
      Array.from({ length: 10 }, (_, i) => store.submit(putSlowly, { id: `toy-${i}`, ms: 2 })),
    )

    const inOrder = runs.every(
      (run, i) => i === 0 || run.startedMs >= (runs[i - 1]?.endedMs ?? Number.POSITIVE_INFINITY),
    )
    expect(inOrder).toBe(true)
  })
})
