import { openDatabase } from '@holdfast/store/sqlite'
import { afterEach, describe, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../src/index.js'
import { driver } from './support/driver.js'

let test: TestStore

afterEach(() => test.close())

describe('an item that the database will not let go', () => {
  it('is reported by the sweep and does not stop the rest', async () => {
    test = await openTestStore({ writer: 'inline', driver })
    const { store, clock, enqueue, path } = test
    const [before, bad, after] = [await enqueue(), await enqueue(), await enqueue()]
    await store.leases.claim({ queue: 'test', owner: 'w', limit: 3, leaseMs: 1_000 })
    clock.advance(1_000)
    const connection = openDatabase({ path, role: 'writer', driver })
    connection.exec(`
      CREATE TRIGGER broken BEFORE UPDATE ON work_items WHEN OLD.id = '${bad}'
      BEGIN SELECT RAISE(ABORT, 'broken on purpose'); END`)
    connection.close()

    const recovery = await store.sweep.recoverExpired({ sweeper: 'sweep' })

    expect(recovery.found).toBe(3)
    expect(recovery.recovered.map((item) => item.workItemId)).toEqual([before, after])
    expect(recovery.errors).toMatchObject([{ workItemId: bad, code: 'store.constraint' }])
    expect(await store.workItems.require(bad)).toMatchObject({ state: 'running', fencingToken: 1 })
  })
})
