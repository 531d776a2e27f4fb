import { describe, expect, it } from 'vitest'
import { idempotencyKeys } from '../../src/sqlite/index.js'
import { everyColumnIsFrozen } from '../support/columns.js'
import { type Db, type Fresh, type Row, insert, insertOver, notJson, only, refuses, update } from '../support/db.js'
import { ANSWER, FAILURE, enqueue, keyRow, taskRow } from '../support/rows.js'

const OTHER_REQUEST = `sha256:${'b'.repeat(64)}`
const FAILED: Row = { ...ANSWER, state: 'failed', response: null, response_encoding: null, error: FAILURE }
const NEXT_LEASE: Row = {
  state: 'pending',
  fencing_token: 2,
  settle_token: null,
  owner: 'w-2',
  lease_ms: 30_000,
  lease_expires_at_ms: 60_000,
  response: null,
  response_encoding: null,
  error: null,
  finished_at_ms: null,
}
const ANEW: Row = { ...NEXT_LEASE, request_hash: OTHER_REQUEST, created_at_ms: 90_000, expires_at_ms: 200_000 }

const change = (db: Db, set: Row): Promise<void> => update(db, 'idempotency_keys', set, 'seq = 1')

export const idempotencyKeyAttacks = (fresh: Fresh): void => {
  const withKey = async (set?: Row): Promise<Db> => {
    const db = await fresh()
    await insert(db, 'idempotency_keys', keyRow())
    if (set) await change(db, { ...set, settle_token: 1 })
    return db
  }

  describe('a new idempotency key', () => {
    it.each([
      ['failed', { ...FAILED, settle_token: 1 }],
      ['completed by nobody', ANSWER],
      ['settled', { settle_token: 1 }],
      ['completed under another token than its own', { ...ANSWER, fencing_token: 2, settle_token: 1 }],
      ['in a state that nobody knows', { state: 'done' }],
    ])('is not born %s', async (_, over) => {
      const db = await fresh()

      await refuses(db, 'idempotency.invalid_insert', 'idempotency_keys', () =>
        insert(db, 'idempotency_keys', keyRow({ ...over })),
      )
    })

    it('is born completed when effect and answer are written with it', async () => {
      const db = await fresh()

      await insert(db, 'idempotency_keys', keyRow({ ...ANSWER, settle_token: 1 }))

      expect(await only(db, 'select state, response from idempotency_keys')).toEqual({
        state: 'completed',
        response: '"done"',
      })
    })

    it('is born with a token above those that its name had before it was deleted', async () => {
      const db = await fresh()

      await insert(db, 'idempotency_keys', keyRow({ key: 'held', fencing_token: 7 }))
      await insert(db, 'idempotency_keys', keyRow({ key: 'done', ...ANSWER, fencing_token: 7, settle_token: 7 }))

      expect(await db.all('select fencing_token from idempotency_keys')).toEqual([
        { fencing_token: 7 },
        { fencing_token: 7 },
      ])
    })

    it('does not point at another tenant’s task', async () => {
      const db = await fresh()
      await insert(db, 'tasks', taskRow({ tenant: 'u' }))

      await refuses(db, 'idempotency.invalid_insert', 'idempotency_keys', () =>
        insert(db, 'idempotency_keys', keyRow({ task_seq: 1 })),
      )
    })

    it('does not replace the one that is there', async () => {
      const db = await withKey(ANSWER)

      await refuses(db, 'idempotency.exists', 'idempotency_keys', () => insert(db, 'idempotency_keys', keyRow()))
      await refuses(db, 'idempotency.exists', 'idempotency_keys', () =>
        insertOver(db, 'idempotency_keys', keyRow(), 'tenant, key'),
      )
      await refuses(db, 'idempotency.exists', 'idempotency_keys', () =>
        insertOver(db, 'idempotency_keys', keyRow({ key: 'K2', seq: 1 }), 'seq'),
      )
    })

    it('names its request by a whole SHA-256', async () => {
      const db = await fresh()

      await refuses(db, 'check idempotency_keys_hash', 'idempotency_keys', () =>
        insert(db, 'idempotency_keys', keyRow({ request_hash: 'sha256:abcd' })),
      )
    })
  })

  describe('a pending key', () => {
    it.each([
      ['seq', 7],
      ['tenant', 'u'],
      ['key', 'K9'],
    ])('keeps its %s', async (column, value) => {
      const db = await withKey()

      await refuses(db, 'idempotency.immutable', 'idempotency_keys', () => change(db, { [column]: value }))
    })

    it.each([
      ['completed', ANSWER],
      ['failed', FAILED],
    ])('is %s by the owner of its token alone', async (_, set) => {
      const db = await withKey()

      for (const token of [{}, { settle_token: 2 }, { settle_token: 2, fencing_token: 2 }])
        await refuses(db, 'lease.lost', 'idempotency_keys', () => change(db, { ...set, ...token }))
      await change(db, { ...set, settle_token: 1 })
    })

    it('is refused the completion of an owner that was taken over', async () => {
      const db = await withKey()
      await change(db, NEXT_LEASE)

      await refuses(db, 'lease.lost', 'idempotency_keys', () => change(db, { ...ANSWER, settle_token: 1 }))
    })

    it('is not completed without an answer, nor with one that is no JSON', async () => {
      const db = await withKey()

      await refuses(db, 'check idempotency_keys_response', 'idempotency_keys', () =>
        change(db, { ...ANSWER, settle_token: 1, response: null, response_encoding: null }),
      )
      await refuses(db, notJson(db, 'idempotency_keys_response'), 'idempotency_keys', () =>
        change(db, { ...ANSWER, settle_token: 1, response: 'nope' }),
      )
    })

    it('moves only its lease at a heartbeat', async () => {
      const db = await withKey()

      await change(db, { lease_expires_at_ms: 40_000, lease_ms: 20_000 })

      for (const set of [{ owner: 'thief' }, { process_id: 'p-9' }, { expires_at_ms: 7 }, { created_at_ms: 7 }])
        await refuses(db, 'lease.lost', 'idempotency_keys', () => change(db, set))
    })

    it('is not linked to another tenant’s task when it is completed', async () => {
      const db = await withKey()
      await insert(db, 'tasks', taskRow({ tenant: 'u' }))

      await refuses(db, 'idempotency.illegal_transition', 'idempotency_keys', () =>
        change(db, { ...ANSWER, settle_token: 1, task_seq: 1 }),
      )
    })

    it('keeps its links while the rows they point at are there', async () => {
      const db = await fresh()
      await enqueue(db)
      await insert(db, 'idempotency_keys', keyRow({ task_seq: 1, work_item_seq: 1 }))

      for (const set of [{ task_seq: null }, { work_item_seq: null }])
        await refuses(db, 'idempotency.illegal_transition', 'idempotency_keys', () => change(db, set))
    })

    it('is taken over with the next token and for the same request', async () => {
      const db = await withKey()

      await refuses(db, 'lease.lost', 'idempotency_keys', () => change(db, { ...NEXT_LEASE, fencing_token: 3 }))
      await refuses(db, 'lease.lost', 'idempotency_keys', () => change(db, { ...NEXT_LEASE, settle_token: 1 }))
      await refuses(db, 'idempotency.illegal_transition', 'idempotency_keys', () =>
        change(db, { ...NEXT_LEASE, request_hash: OTHER_REQUEST }),
      )
      await change(db, NEXT_LEASE)
    })
  })

  describe('a failed key', () => {
    it('waits for its next owner: nothing else changes it', async () => {
      const db = await withKey(FAILED)

      for (const set of [
        { ...ANSWER, error: null },
        { error: '{"code":"other"}' },
        { expires_at_ms: 7 },
        { ...NEXT_LEASE, fencing_token: 1 },
      ])
        await refuses(db, 'idempotency.illegal_transition', 'idempotency_keys', () => change(db, set))
    })

    it('is taken over, for another request as well', async () => {
      const db = await withKey(FAILED)

      await change(db, { ...NEXT_LEASE, request_hash: OTHER_REQUEST })

      expect(await only(db, 'select state, fencing_token from idempotency_keys')).toEqual({
        state: 'pending',
        fencing_token: 2,
      })
    })
  })

  describe('a completed key', () => {
    it('is frozen in every column', async () => {
      const db = await withKey(ANSWER)

      await everyColumnIsFrozen(db, {
        table: idempotencyKeys,
        where: 'seq = 1',
        code: 'idempotency.already_completed',
      })
    })

    it('is not turned failed, nor pending again before its time', async () => {
      const db = await withKey(ANSWER)

      await refuses(db, 'idempotency.already_completed', 'idempotency_keys', () =>
        change(db, { ...FAILED, settle_token: 1 }),
      )
      await refuses(db, 'idempotency.already_completed', 'idempotency_keys', () =>
        change(db, { ...ANEW, created_at_ms: 89_999 }),
      )
    })

    it('begins anew once it has expired', async () => {
      const db = await withKey(ANSWER)

      await change(db, ANEW)

      expect(await only(db, 'select state, request_hash from idempotency_keys')).toEqual({
        state: 'pending',
        request_hash: OTHER_REQUEST,
      })
    })

    it('keeps its links while the rows they point at are there', async () => {
      const db = await fresh()
      await enqueue(db)
      await insert(db, 'idempotency_keys', keyRow({ ...ANSWER, settle_token: 1, task_seq: 1, work_item_seq: 1 }))

      for (const set of [{ task_seq: null }, { work_item_seq: null }])
        await refuses(db, 'idempotency.already_completed', 'idempotency_keys', () => change(db, set))
    })

    it('is not deleted without a permit', async () => {
      const db = await withKey(ANSWER)

      await refuses(db, 'retention.not_permitted', 'idempotency_keys', () => db.exec('delete from idempotency_keys'))
    })
  })
}
