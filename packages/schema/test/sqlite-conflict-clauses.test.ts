import { describe, expect, it } from 'vitest'
import { count, insert, insertOver, only, refuses, update } from './support/db.js'
import { checkpointRow, claim, enqueue, finished, itemRow, settle, taskRow } from './support/rows.js'
import { sqliteFiles } from './support/sqlite.js'

// A statement's own ON CONFLICT reaches into the triggers that it fires: it must neither soften a refusal nor lose a
// row of the journal.
const CLAUSES = ['ignore', 'replace', 'fail', 'abort', 'rollback']

describe.each([
  ['on a connection of the store', sqliteFiles({ asTheStoreDoes: true })],
  ['on a connection of a stranger', sqliteFiles({ asTheStoreDoes: false })],
])('a conflict clause %s', (_, open) => {
  it.each(CLAUSES)('does not get past a frozen row: OR %s', async (clause) => {
    const db = await open()
    await finished(db)

    await refuses(db, 'work_item.already_terminal', 'work_items', () =>
      update(db, 'work_items', { priority: 9 }, 'seq = 1', `update or ${clause}`),
    )
    await refuses(db, 'checkpoint.append_only', 'checkpoints', () =>
      update(db, 'checkpoints', { snapshot: '0' }, 'seq = 1', `update or ${clause}`),
    )
    await refuses(db, 'task.exists', 'tasks', () => insert(db, 'tasks', taskRow(), `insert or ${clause}`))
  })

  it.each(CLAUSES)('loses no journal row and no outcome: OR %s', async (clause) => {
    const db = await open()
    await insert(db, 'tasks', taskRow(), `insert or ${clause}`)
    await insert(db, 'work_items', itemRow(), `insert or ${clause}`)
    const token = await claim(db)
    await insert(db, 'checkpoints', checkpointRow(), `insert or ${clause}`)
    await db.exec(
      `update or ${clause} work_items set state = 'cancelled', reason = 'cancelled', settle_token = ${token},
         lease_owner = null, lease_ms = null, lease_acquired_at_ms = null, lease_expires_at_ms = null,
         finished_at_ms = 9000`,
    )

    expect(await count(db, 'events')).toBe(4)
    expect(await only(db, 'select state from tasks')).toEqual({ state: 'cancelled' })
  })

  it('undoes a refused statement and leaves the transaction open', async () => {
    const db = await open()
    await enqueue(db)
    const token = await claim(db)

    await db.exec('begin')
    await settle(db, 'completed', token)
    await refuses(db, 'work_item.exists', 'work_items', () => insertOver(db, 'work_items', itemRow(), ''))
    await db.exec('commit')

    expect(await only(db, 'select state from work_items')).toEqual({ state: 'completed' })
  })
})
