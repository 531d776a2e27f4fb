import { describe, expect, it } from 'vitest'
import { type Db, type Fresh, count, insert, only, refuses, update } from '../support/db.js'
import { ANSWER, claim, finished, enqueue, itemRow, keyRow, permit, revoke, settle, outcome } from '../support/rows.js'

/** A finished root and a finished child that was redriven from it, and a key that points at both parents. */
const family = async (db: Db): Promise<void> => {
  await enqueue(db)
  await insert(db, 'work_items', itemRow({ id: 'W2', is_root: 0, parent_seq: 1, redriven_from_seq: 1 }))
  await insert(db, 'idempotency_keys', keyRow({ ...ANSWER, settle_token: 1, task_seq: 1, work_item_seq: 1 }))
  await settle(db, 'completed', await claim(db, 'W2'), 'W2')
  const token = await claim(db)
  await insert(db, 'checkpoints', {
    tenant: 't',
    id: 'C1',
    task_seq: 1,
    work_item_seq: 1,
    position: 1,
    type: 'tool_executed',
    is_replayed: 1,
    fencing_token: token,
    attempt: 1,
    snapshot: '1',
    encoding: 'json',
    raw_bytes: 1,
    created_at_ms: 3_000,
  })
  await insert(db, 'checkpoint_verifications', {
    checkpoint_seq: 1,
    outcome: 'verified',
    findings: '[]',
    verified_by: 'w',
    verified_at_ms: 3_000,
  })
  await settle(db, 'completed', token)
}

export const retentionAttacks = (fresh: Fresh): void => {
  describe('a delete', () => {
    it.each(['tasks', 'work_items', 'checkpoints', 'checkpoint_verifications', 'events', 'idempotency_keys'])(
      'of %s is refused without a permit, and with one for another row',
      async (table) => {
        const db = await fresh()
        await family(db)
        for (const kind of ['task', 'work_item', 'checkpoint', 'verification', 'event', 'idempotency_key'])
          await permit(db, kind, 99)

        await refuses(db, 'retention.not_permitted', table, () => db.exec(`delete from ${table}`))
      },
    )

    it('of a terminal item takes its journal along, and lets go of what outlives it', async () => {
      const db = await fresh()
      await family(db)
      await permit(db, 'work_item', 1)

      await db.exec('delete from work_items where seq = 1')

      expect(await count(db, 'events where work_item_seq = 1')).toBe(0)
      expect(await count(db, 'work_item_streams where work_item_seq = 1')).toBe(0)
      expect(await only(db, 'select parent_seq, redriven_from_seq, state from work_items')).toEqual({
        parent_seq: null,
        redriven_from_seq: null,
        state: 'completed',
      })
      expect(await only(db, 'select work_item_seq, task_seq from checkpoints')).toEqual({
        work_item_seq: null,
        task_seq: 1,
      })
      expect(await count(db, 'checkpoint_verifications')).toBe(1)
      expect(await only(db, 'select work_item_seq, task_seq, response from idempotency_keys')).toEqual({
        work_item_seq: null,
        task_seq: 1,
        response: '"done"',
      })
    })

    it('of a finished task takes everything along but its keys', async () => {
      const db = await fresh()
      await family(db)
      await permit(db, 'task', 1)

      await db.exec('delete from tasks where seq = 1')

      for (const table of ['work_items', 'work_item_streams', 'events', 'checkpoints', 'checkpoint_verifications'])
        expect(await count(db, table)).toBe(0)
      expect(await only(db, 'select work_item_seq, task_seq, response from idempotency_keys')).toEqual({
        work_item_seq: null,
        task_seq: null,
        response: '"done"',
      })
    })

    it('of a finished task takes along what its items left behind when they went before it', async () => {
      const db = await fresh()
      await family(db)
      await permit(db, 'work_item', 1)
      await db.exec('delete from work_items where seq = 1')
      expect(await only(db, 'select work_item_seq from checkpoints')).toEqual({ work_item_seq: null })
      await permit(db, 'task', 1)

      await db.exec('delete from tasks where seq = 1')

      for (const table of ['checkpoints', 'checkpoint_verifications']) expect(await count(db, table)).toBe(0)
    })

    it('of a checkpoint, a journal, a verification or a key needs a permit of its own kind', async () => {
      const db = await fresh()
      await family(db)
      const go = async (kind: string, rowSeq: number, table: string): Promise<void> => {
        await permit(db, kind, rowSeq)
        await db.exec(`delete from ${table}`)
        expect(await count(db, table)).toBe(0)
      }

      await go('verification', 1, 'checkpoint_verifications')
      await go('checkpoint', 1, 'checkpoints')
      await go('event', 2, 'events where work_item_seq = 2')
      await go('idempotency_key', 1, 'idempotency_keys')
      expect(await count(db, 'events where work_item_seq = 1')).toBeGreaterThan(0)
    })

    it('never lets a position be given twice', async () => {
      const db = await fresh()
      await family(db)
      await permit(db, 'checkpoint', 1)
      await db.exec('delete from checkpoints')

      expect(await only(db, 'select checkpoint_position from work_item_streams where work_item_seq = 1')).toEqual({
        checkpoint_position: 1,
      })
      await refuses(db, 'stream.append_only', 'work_item_streams', () =>
        update(db, 'work_item_streams', { checkpoint_position: 0 }, 'work_item_seq = 1'),
      )
    })
  })

  describe('a permit', () => {
    it('is of a known kind', async () => {
      const db = await fresh()

      await refuses(db, 'check retention_permits_kind', 'retention_permits', () => permit(db, 'anything', 1))
    })

    it('lets nothing be changed that is frozen', async () => {
      const db = await fresh()
      await finished(db)
      await permit(db, 'work_item', 1)

      await refuses(db, 'work_item.already_terminal', 'work_items', () =>
        update(db, 'work_items', { priority: 3 }, 'seq = 1'),
      )
    })
  })

  describe('an item that waits', () => {
    it('keeps its task open when its parent is gone', async () => {
      const db = await fresh()
      await enqueue(db)
      await insert(db, 'work_items', itemRow({ id: 'W2', is_root: 0, parent_seq: 1 }))
      await settle(db, 'completed', await claim(db))
      await permit(db, 'work_item', 1)
      await db.exec('delete from work_items where seq = 1')

      expect(await only(db, 'select state from tasks')).toEqual({ state: 'active' })
      await revoke(db, outcome('failed'), 'W2')
      expect(await only(db, 'select state from tasks')).toEqual({ state: 'failed' })
    })
  })
}
