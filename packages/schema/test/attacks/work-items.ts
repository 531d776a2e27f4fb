import { describe, expect, it } from 'vitest'
import { workItems } from '../../src/sqlite/index.js'
import { everyColumnIsFrozen } from '../support/columns.js'
import { type Fresh, insert, insertOver, notJson, only, refuses, update } from '../support/db.js'
import {
  FAILURE,
  NO_LEASE,
  bornIn,
  claim,
  enqueue,
  finished,
  itemRow,
  outcome,
  revoke,
  settle,
  taskRow,
} from '../support/rows.js'

export const workItemAttacks = (fresh: Fresh): void => {
  describe('a new work item', () => {
    it.each([
      ['running', { state: 'running', lease_owner: 'w', lease_ms: 1, lease_acquired_at_ms: 1, lease_expires_at_ms: 2 }],
      ['completed', { state: 'completed', finished_at_ms: 2 }],
      ['in a state that nobody knows', { state: 'done' }],
      ['with an attempt behind it', { attempt: 1 }],
      ['settled', { settle_token: 0 }],
      ['started', { started_at_ms: 1 }],
      ['with a heartbeat', { heartbeat_at_ms: 1 }],
      ['with an error', { error: FAILURE }],
      ['in the hands of a process', { process_id: 'p-1' }],
      ['in a task that does not exist', { task_seq: 99 }],
      ['in a task of another tenant', { tenant: 'u' }],
      ['as a second root', { id: 'W2' }],
      ['as a root with a parent', { id: 'W2', parent_seq: 1 }],
    ])('is not born %s', async (_, over) => {
      const db = await fresh()
      await enqueue(db)

      await refuses(db, 'work_item.invalid_insert', 'work_items', () =>
        insert(db, 'work_items', itemRow({ id: 'W9', is_root: 'id' in over ? 1 : 0, ...over })),
      )
    })

    it('is born with a token above those that its id had before it was deleted', async () => {
      const db = await fresh()
      await enqueue(db)

      await insert(db, 'work_items', itemRow({ id: 'W9', is_root: 0, fencing_token: 7 }))

      expect(await only(db, `select fencing_token from work_items where id = 'W9'`)).toEqual({ fencing_token: 7 })
    })

    it('is not the child of another tenant’s item', async () => {
      const db = await fresh()
      await enqueue(db)
      await insert(db, 'tasks', taskRow({ tenant: 'u' }))

      await refuses(db, 'work_item.invalid_insert', 'work_items', () =>
        insert(db, 'work_items', itemRow({ tenant: 'u', task_seq: 2, is_root: 0, parent_seq: 1 })),
      )
    })

    it('is not the redriven item of another tenant', async () => {
      const db = await fresh()
      await enqueue(db)
      await insert(db, 'tasks', taskRow({ tenant: 'u' }))

      await refuses(db, 'work_item.invalid_insert', 'work_items', () =>
        insert(db, 'work_items', itemRow({ tenant: 'u', task_seq: 2, is_root: 0, redriven_from_seq: 1 })),
      )
    })

    it('is not stored with an input that is no JSON where it says so', async () => {
      const db = await fresh()
      await enqueue(db)

      const row = itemRow({ id: 'W2', is_root: 0, input: '{nope' })
      await refuses(db, notJson(db, 'work_items_input'), 'work_items', () => insert(db, 'work_items', row))
      await insert(db, 'work_items', { ...row, input_encoding: 'gzip' })
    })

    it('does not replace the one with its id or its number', async () => {
      const db = await fresh()
      await finished(db)
      await insert(db, 'tasks', taskRow({ id: 'T2' }))
      const over = itemRow({ task_seq: 2 })

      await refuses(db, 'work_item.exists', 'work_items', () => insert(db, 'work_items', over))
      await refuses(db, 'work_item.exists', 'work_items', () => insertOver(db, 'work_items', over, 'tenant, id'))
      await refuses(db, 'work_item.exists', 'work_items', () =>
        insertOver(db, 'work_items', { ...over, id: 'W2', seq: 1 }, 'seq'),
      )
    })
  })

  describe('a work item', () => {
    it.each([
      ['seq', 7],
      ['tenant', 'u'],
      ['id', 'W9'],
      ['task_seq', 2],
      ['parent_seq', 1],
      ['redriven_from_seq', 1],
      ['is_root', 0],
      ['type', 'x'],
      ['input', '{}'],
      ['input_encoding', 'gzip'],
      ['max_attempts', 9],
      ['created_at_ms', 7],
    ])('keeps its %s', async (column, value) => {
      const db = await fresh()
      await enqueue(db)

      await refuses(db, 'work_item.immutable', 'work_items', () =>
        update(db, 'work_items', { [column]: value }, 'seq = 1'),
      )
    })

    it('keeps the time of its first start', async () => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)
      await update(db, 'work_items', { started_at_ms: 2_500 }, 'seq = 1')

      for (const value of [2_600, null])
        await refuses(db, 'work_item.immutable', 'work_items', () =>
          update(db, 'work_items', { started_at_ms: value }, 'seq = 1'),
        )
    })

    it('is not let go by hand from a parent that is still there', async () => {
      const db = await fresh()
      await enqueue(db)
      await insert(db, 'work_items', itemRow({ id: 'W2', is_root: 0, parent_seq: 1 }))

      await refuses(db, 'work_item.immutable', 'work_items', () =>
        update(db, 'work_items', { parent_seq: null }, 'seq = 2'),
      )
    })

    it('does not take a state, a reason or a waiting reason that nobody knows', async () => {
      const db = await fresh()
      await enqueue(db)

      await refuses(db, 'work_item.illegal_transition', 'work_items', () =>
        update(db, 'work_items', { state: 'done' }, 'seq = 1'),
      )
      await refuses(db, 'check work_items_reason', 'work_items', () =>
        update(db, 'work_items', { reason: 'because' }, 'seq = 1'),
      )
      await refuses(db, 'check work_items_waiting_reason', 'work_items', () =>
        update(db, 'work_items', { state: 'waiting', waiting_reason: 'weather' }, 'seq = 1'),
      )
    })

    it('does not take text where a number belongs', async () => {
      const db = await fresh()
      await enqueue(db)

      await refuses(db, 'type', 'work_items', () =>
        update(db, 'work_items', { visible_at_ms: '2024-01-01T00:00:00Z' }, 'seq = 1'),
      )
    })

    it('is not completed without a lease', async () => {
      const db = await fresh()
      await enqueue(db)

      await refuses(db, 'work_item.illegal_transition', 'work_items', () =>
        update(db, 'work_items', { ...outcome('completed'), fencing_token: 1, settle_token: 0 }, 'seq = 1'),
      )
    })

    it('is not completed with a result that is no JSON, nor failed without an error', async () => {
      const db = await fresh()
      await enqueue(db)
      const token = await claim(db)

      await refuses(db, notJson(db, 'work_items_result'), 'work_items', () =>
        settle(db, 'completed', token, 'W1', { result: 'nope' }),
      )
      await refuses(db, 'check work_items_error', 'work_items', () =>
        settle(db, 'failed', token, 'W1', { error: null }),
      )
    })

    it('ends in another state than completed only by a revocation, where nobody holds it', async () => {
      const db = await fresh()
      await enqueue(db)

      await refuses(db, 'work_item.illegal_transition', 'work_items', () =>
        update(db, 'work_items', outcome('cancelled'), 'seq = 1'),
      )
      await revoke(db, outcome('cancelled'))

      expect(await only(db, 'select state, fencing_token from work_items')).toEqual({
        state: 'cancelled',
        fencing_token: 1,
      })
    })

    it.each([
      ['scheduled', 'pending', 'due'],
      ['scheduled', 'waiting', 'waiting'],
      ['pending', 'scheduled', 'due'],
      ['pending', 'waiting', 'waiting'],
      ['waiting', 'pending', 'resumed'],
      ['waiting', 'scheduled', 'resumed'],
    ])('goes from %s to %s without a lease, and keeps its token', async (from, to, reason) => {
      const db = await fresh()
      await enqueue(db, bornIn(from))

      await update(db, 'work_items', { ...bornIn(to), reason, updated_at_ms: 2_000 }, 'seq = 1')

      expect(await only(db, 'select state, fencing_token from work_items')).toEqual({ state: to, fencing_token: 0 })
    })

    it.each(
      ['scheduled', 'pending', 'waiting'].flatMap((from) => ['failed', 'cancelled'].map((to) => [from, to] as const)),
    )('is revoked from %s as %s, and not without raising the token', async (from, to) => {
      const db = await fresh()
      await enqueue(db, bornIn(from))
      const ended = { ...outcome(to), waiting_reason: null }

      await refuses(db, 'work_item.illegal_transition', 'work_items', () => update(db, 'work_items', ended, 'seq = 1'))
      await revoke(db, ended)

      expect(await only(db, 'select state, fencing_token from work_items')).toEqual({ state: to, fencing_token: 1 })
    })

    it.each([
      ['scheduled', 'running'],
      ['waiting', 'running'],
      ['waiting', 'completed'],
      ['scheduled', 'completed'],
    ])('does not go from %s to %s', async (from, to) => {
      const db = await fresh()
      await enqueue(db, bornIn(from))

      await refuses(db, 'work_item.illegal_transition', 'work_items', () =>
        update(db, 'work_items', { state: to, attempt: 1, fencing_token: 1 }, 'seq = 1'),
      )
    })
  })

  describe('a claim', () => {
    it.each([
      ['an attempt', { attempt: 0 }],
      ['two attempts', { attempt: 2 }],
      ['a token of its own', { fencing_token: 0 }],
      ['the next token', { fencing_token: 2 }],
      ['an empty settle token', { settle_token: 0 }],
    ])('is refused unless it takes exactly one attempt and the next token: %s', async (_, over) => {
      const db = await fresh()
      await enqueue(db)

      await refuses(db, 'work_item.illegal_transition', 'work_items', () => claim(db, 'W1', over))
    })

    it('is refused without an owner or an expiry', async () => {
      const db = await fresh()
      await enqueue(db)

      await refuses(db, 'check work_items_lease', 'work_items', () => claim(db, 'W1', { lease_owner: null }))
      await refuses(db, 'check work_items_lease', 'work_items', () => claim(db, 'W1', { lease_expires_at_ms: null }))
    })
  })

  describe('a lease', () => {
    it('is extended by a heartbeat, which moves nothing else', async () => {
      const db = await fresh()
      await enqueue(db)
      await claim(db, 'W1', { is_ahead: 1 })

      await update(
        db,
        'work_items',
        { lease_expires_at_ms: 40_000, heartbeat_at_ms: 10_000, lease_ms: 20_000, is_ahead: 0, started_at_ms: 10_000 },
        'seq = 1',
      )

      for (const [column, value] of Object.entries({
        lease_owner: 'thief',
        process_id: 'p-9',
        lease_acquired_at_ms: 9,
        attempt: 2,
        fencing_token: 2,
        is_ahead: 1,
      }))
        await refuses(db, 'lease.lost', 'work_items', () => update(db, 'work_items', { [column]: value }, 'seq = 1'))
    })

    it.each(['completed', 'failed', 'cancelled'])('is not ended as %s by a writer without a token', async (state) => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)

      await refuses(db, 'lease.lost', 'work_items', () => update(db, 'work_items', outcome(state), 'seq = 1'))
    })

    it('is not given back by a writer without a token', async () => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)

      await refuses(db, 'lease.lost', 'work_items', () =>
        update(db, 'work_items', { ...NO_LEASE, state: 'pending', reason: 'released', attempt: 0 }, 'seq = 1'),
      )
    })

    it('refuses a stale worker’s completion, with its old token and without one', async () => {
      const db = await fresh()
      await enqueue(db)
      const stale = await claim(db)
      await revoke(db, { state: 'pending', reason: 'expired' })
      await claim(db, 'W1', { lease_owner: 'w-1' })

      await refuses(db, 'lease.lost', 'work_items', () => settle(db, 'completed', stale))
      await refuses(db, 'lease.lost', 'work_items', () =>
        update(db, 'work_items', { state: 'completed', result: '1', ...NO_LEASE, finished_at_ms: 9 }, 'seq = 1'),
      )
    })

    it('lets nobody complete by revoking', async () => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)

      await refuses(db, 'lease.lost', 'work_items', () => revoke(db, outcome('completed')))
    })

    it('is settled once: a settle token is not written under a running item, nor changed later', async () => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)

      await refuses(db, 'lease.lost', 'work_items', () => update(db, 'work_items', { settle_token: 1 }, 'seq = 1'))
      await settle(db, 'pending', 1, 'W1', { reason: 'retry', finished_at_ms: null })
      await refuses(db, 'lease.lost', 'work_items', () => update(db, 'work_items', { settle_token: 2 }, 'seq = 1'))
    })

    it('has a token that never shrinks', async () => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)
      await revoke(db, { state: 'pending', reason: 'expired' })

      await refuses(db, 'work_item.illegal_transition', 'work_items', () =>
        update(db, 'work_items', { fencing_token: 1 }, 'seq = 1'),
      )
    })

    it('gives an attempt back only for what was released, returned unbegun or set to wait', async () => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)

      for (const reason of ['retry', 'expired', 'process_dead'])
        await refuses(db, 'work_item.illegal_transition', 'work_items', () =>
          revoke(db, { state: 'pending', reason, attempt: 0 }),
        )
      await revoke(db, { state: 'pending', reason: 'ahead_returned', attempt: 0 })

      expect(await only(db, 'select attempt from work_items')).toEqual({ attempt: 0 })
    })

    it('gives no attempt back that was not its own', async () => {
      const db = await fresh()
      await enqueue(db)

      await refuses(db, 'work_item.illegal_transition', 'work_items', () =>
        update(db, 'work_items', { attempt: 1 }, 'seq = 1'),
      )
    })

    it.each(['retry', 'expired', 'process_dead'])(
      'does not put an item back for %s when no attempt is left',
      async (reason) => {
        const db = await fresh()
        await enqueue(db, { max_attempts: 1 })
        await claim(db)

        await refuses(db, 'work_item.illegal_transition', 'work_items', () => revoke(db, { state: 'pending', reason }))
        await revoke(db, { ...outcome('failed'), reason })

        expect(await only(db, 'select state from work_items')).toEqual({ state: 'failed' })
      },
    )

    it('does not put an item back for a reason that is none', async () => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)

      await refuses(db, 'work_item.illegal_transition', 'work_items', () =>
        revoke(db, { state: 'pending', reason: 'due' }),
      )
    })
  })

  describe('a terminal work item', () => {
    it.each(['completed', 'failed', 'cancelled'])('that is %s is frozen in every column', async (state) => {
      const db = await fresh()
      await finished(db, state)

      await everyColumnIsFrozen(db, {
        table: workItems,
        where: 'seq = 1',
        code: 'work_item.already_terminal',
      })
    })

    it('refuses even a second write of the same', async () => {
      const db = await fresh()
      await finished(db)

      await refuses(db, 'work_item.already_terminal', 'work_items', () => settle(db, 'completed', 1))
    })

    it('keeps its parent as long as that is there', async () => {
      const db = await fresh()
      await enqueue(db)
      await insert(db, 'work_items', itemRow({ id: 'W2', is_root: 0, parent_seq: 1 }))
      await settle(db, 'completed', await claim(db, 'W2'), 'W2')

      await refuses(db, 'work_item.already_terminal', 'work_items', () =>
        update(db, 'work_items', { parent_seq: null }, 'seq = 2'),
      )
    })

    it('is not taken over by an update that replaces', async () => {
      const db = await fresh()
      await finished(db)
      await insert(db, 'tasks', taskRow({ id: 'T2' }))
      await insert(db, 'work_items', itemRow({ id: 'W2', task_seq: 2 }))
      const verb = db.engine === 'sqlite' ? 'update or replace' : 'update'

      for (const set of [{ id: 'W1' }, { seq: 1 }])
        await refuses(db, 'work_item.immutable', 'work_items', () => update(db, 'work_items', set, `id = 'W2'`, verb))
    })

    it('is not deleted and written anew', async () => {
      const db = await fresh()
      await finished(db)

      await refuses(db, 'retention.not_permitted', 'work_items', async () => {
        await db.exec(`delete from work_items where id = 'W1'`)
        await insert(db, 'work_items', itemRow())
      })
    })
  })
}
