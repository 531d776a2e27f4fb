import { openDatabase } from '@holdfast/store/sqlite'
import { afterEach, describe, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../src/index.js'
import { driver } from './support/driver.js'

let test: TestStore

afterEach(() => test.close())

/** Holds an item back, as a signal or a limit would. */
const makeWait = (id: string): void => {
  const connection = openDatabase({ path: test.path, role: 'writer', driver })
  connection
    .prepare(`UPDATE work_items SET state = 'waiting', reason = 'waiting', waiting_reason = 'signal' WHERE id = ?`)
    .run(id)
  connection.close()
}

describe('an item that waits', () => {
  it('is cancelled with its task', async () => {
    test = await openTestStore({ writer: 'inline', driver })
    const id = await test.enqueue()
    makeWait(id)

    expect(await test.store.tasks.cancel(id)).toEqual({ state: 'cancelled', cancelled: 1 })

    expect(await test.store.workItems.require(id)).toMatchObject({ state: 'cancelled', waitingReason: null })
  })

  it('is claimed by nobody', async () => {
    test = await openTestStore({ writer: 'inline', driver })
    const id = await test.enqueue()
    makeWait(id)

    expect(await test.store.leases.claim({ queue: 'test', owner: 'w' })).toEqual([])
  })

  it('fails when its deadline passes', async () => {
    test = await openTestStore({ writer: 'inline', driver })
    const id = await test.enqueue({ deadlineAtMs: test.clock.nowMs() + 100 })
    makeWait(id)
    test.clock.advance(100)

    expect(await test.store.sweep.failOverdue()).toEqual({ failed: 1 })

    expect(await test.store.tasks.require(id)).toMatchObject({
      state: 'failed',
      error: { code: 'work_item.deadline_exceeded' },
    })
  })
})
