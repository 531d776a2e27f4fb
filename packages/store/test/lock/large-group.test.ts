import { isBusy, openDatabase } from '@holdfast/store/sqlite'
import { describe, expect, it } from 'vitest'
import { openToyStore, toyPath } from '../support/open-toy-store.js'
import { put, putSlowly } from '../support/toy-module.mjs'

/** Whether somebody has the write lock. */
const isLocked = (path: string): boolean => {
  const connection = openDatabase({ path, role: 'writer' })
  try {
    connection.exec('BEGIN IMMEDIATE')
    connection.exec('ROLLBACK')
    return false
  } catch (error) {
    return isBusy(error)
  } finally {
    connection.close()
  }
}

/** One group of a second and a half, and a neighbour's single write that comes while it runs: who is answered first? */
const firstAnswered = async (writer: 'thread' | 'inline', turnMs?: number): Promise<'group' | 'neighbour'> => {
  const path = toyPath()
  const busy = await openToyStore({ path, limits: { lockWaitMs: 60_000, ...(turnMs && { turnMs }) } })
  const neighbour = await openToyStore({ path, writer, limits: { lockWaitMs: 60_000 } })
  const slow = Array.from({ length: 300 }, (_, i) => ({ id: `slow-${i}`, ms: 5 }))
  const group = busy.submitAll(putSlowly, slow)
  await expect.poll(() => isLocked(path), { interval: 1, timeout: 20_000 }).toBe(true)

  const first = await Promise.race([
    group.then(() => 'group' as const),
    neighbour.submit(put, { id: 'neighbour', value: 'v' }).then(() => 'neighbour' as const),
  ])

  const verdicts = await group
  expect(verdicts.filter(({ ok }) => ok)).toHaveLength(slow.length)
  expect(busy.metrics()).toMatchObject({ operations: slow.length, failures: 0 })
  return first
}

describe('a large group', () => {
  it.each(['thread', 'inline'] as const)('is cut for a neighbour who waits (%s)', async (writer) => {
    expect(await firstAnswered(writer)).toBe('neighbour')
  })

  it('would keep the neighbour out until its end if its process took no turns', async () => {
    expect(await firstAnswered('thread', Number.POSITIVE_INFINITY)).toBe('group')
  })
})
