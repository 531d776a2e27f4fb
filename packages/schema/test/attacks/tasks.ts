import { describe, expect, it } from 'vitest'
import { tasks } from '../../src/sqlite/index.js'
import { TERMINAL_TASK_STATES } from '../../src/task-state.js'
import { OPEN_STATES } from '../../src/work-state.js'
import { everyColumnIsFrozen } from '../support/columns.js'
import { type Fresh, insert, insertOver, only, refuses, update } from '../support/db.js'
import { bornIn, claim, enqueue, finished, itemRow, settle, taskRow } from '../support/rows.js'

export const taskAttacks = (fresh: Fresh): void => {
  describe('a task', () => {
    it.each([
      ['already finished', { state: 'completed', finished_at_ms: 2_000 }],
      ['already asked to cancel', { cancel_requested_at_ms: 2_000 }],
    ])('is not born %s', async (_, over) => {
      const db = await fresh()

      await refuses(db, 'task.invalid_insert', 'tasks', () => insert(db, 'tasks', taskRow(over)))
    })

    it('is not born in a state that nobody knows', async () => {
      const db = await fresh()

      await refuses(db, 'task.invalid_insert', 'tasks', () => insert(db, 'tasks', taskRow({ state: 'done' })))
    })

    it('is not replaced by an insert with its id, nor by one with its number', async () => {
      const db = await fresh()
      await enqueue(db)

      await refuses(db, 'task.exists', 'tasks', () => insert(db, 'tasks', taskRow()))
      await refuses(db, 'task.exists', 'tasks', () => insertOver(db, 'tasks', taskRow({ type: 'x' }), 'tenant, id'))
      await refuses(db, 'task.exists', 'tasks', () => insertOver(db, 'tasks', taskRow({ id: 'T2', seq: 1 }), 'seq'))
    })

    it.each([
      ['seq', 7],
      ['tenant', 'u'],
      ['id', 'T9'],
      ['type', 'x'],
      ['failure_policy', 'root'],
      ['metadata', '{}'],
      ['created_at_ms', 7],
    ])('keeps its %s', async (column, value) => {
      const db = await fresh()
      await enqueue(db)

      await refuses(db, 'task.immutable', 'tasks', () => update(db, 'tasks', { [column]: value }, 'seq = 1'))
    })

    it.each(OPEN_STATES)('does not end while an item is %s', async (state) => {
      const db = await fresh()
      await enqueue(db, state === 'running' ? {} : bornIn(state))
      if (state === 'running') await claim(db)

      await refuses(db, 'task.immutable', 'tasks', () =>
        update(db, 'tasks', { state: 'completed', finished_at_ms: 5 }, 'seq = 1'),
      )
    })

    it('is asked to cancel once, and this is never taken back', async () => {
      const db = await fresh()
      await enqueue(db)

      await update(db, 'tasks', { cancel_requested_at_ms: 5_000 }, 'seq = 1')

      for (const value of [6_000, null])
        await refuses(db, 'task.immutable', 'tasks', () =>
          update(db, 'tasks', { cancel_requested_at_ms: value }, 'seq = 1'),
        )
    })

    it.each(TERMINAL_TASK_STATES)('is frozen in every column once it is %s', async (state) => {
      const db = await fresh()
      await finished(db, state)
      expect(await only(db, 'select state from tasks')).toEqual({ state })

      await everyColumnIsFrozen(db, {
        table: tasks,
        where: 'seq = 1',
        code: 'task.already_terminal',
      })
    })

    it('takes no more items once it has ended', async () => {
      const db = await fresh()
      await finished(db)

      await refuses(db, 'work_item.invalid_insert', 'work_items', () =>
        insert(db, 'work_items', itemRow({ id: 'W2', is_root: 0 })),
      )
    })
  })

  describe('the outcome of a task', () => {
    const child = (id: string) => itemRow({ id, is_root: 0, parent_seq: 1 })

    it.each([
      ['any', 'completed', 'completed', 'completed'],
      ['any', 'completed', 'failed', 'failed'],
      ['any', 'failed', 'completed', 'failed'],
      ['any', 'cancelled', 'completed', 'cancelled'],
      ['any', 'cancelled', 'failed', 'cancelled'],
      ['any', 'completed', 'cancelled', 'completed'],
      ['root', 'completed', 'completed', 'completed'],
      ['root', 'completed', 'failed', 'completed'],
      ['root', 'failed', 'completed', 'failed'],
      ['root', 'cancelled', 'failed', 'cancelled'],
    ])('by policy %s, with a %s root and a %s child, is %s', async (policy, root, leaf, expected) => {
      const db = await fresh()
      await insert(db, 'tasks', taskRow({ failure_policy: policy }))
      await insert(db, 'work_items', itemRow())
      await insert(db, 'work_items', child('W2'))
      await settle(db, root, await claim(db))
      expect(await only(db, 'select state from tasks')).toEqual({ state: 'active' })

      await settle(db, leaf, await claim(db, 'W2'), 'W2', { finished_at_ms: 9_500 })

      expect(await only(db, 'select state, finished_at_ms from tasks')).toEqual({
        state: expected,
        finished_at_ms: 9_500,
      })
    })

    it('is cancelled when that was asked for and any item was', async () => {
      const db = await fresh()
      await enqueue(db)
      await insert(db, 'work_items', child('W2'))
      await update(db, 'tasks', { cancel_requested_at_ms: 3_000 }, 'seq = 1')

      await settle(db, 'completed', await claim(db))
      await settle(db, 'cancelled', await claim(db, 'W2'), 'W2')

      expect(await only(db, 'select state from tasks')).toEqual({ state: 'cancelled' })
    })

    it('is completed when a cancellation came too late for every item', async () => {
      const db = await fresh()
      await enqueue(db)
      await update(db, 'tasks', { cancel_requested_at_ms: 3_000 }, 'seq = 1')

      await settle(db, 'completed', await claim(db))

      expect(await only(db, 'select state from tasks')).toEqual({ state: 'completed' })
    })

    it('is written once when one statement ends all items', async () => {
      const db = await fresh()
      await enqueue(db)
      await insert(db, 'work_items', child('W2'))

      await db.exec(
        `update work_items set state = 'cancelled', reason = 'cancelled', finished_at_ms = 9000,
           fencing_token = fencing_token + 1`,
      )

      expect(await only(db, 'select state, finished_at_ms from tasks')).toEqual({
        state: 'cancelled',
        finished_at_ms: 9_000,
      })
    })
  })
}
