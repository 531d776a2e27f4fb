import { describe, expect, it } from 'vitest'
import { checkpointVerifications, checkpoints } from '../../src/sqlite/index.js'
import { everyColumnIsFrozen } from '../support/columns.js'
import { type Fresh, insert, insertOver, notJson, only, refuses, update } from '../support/db.js'
import { checkpointRow, claim, enqueue, finished, outcome, revoke, settle, verificationRow } from '../support/rows.js'

export const checkpointAttacks = (fresh: Fresh): void => {
  describe('a checkpoint', () => {
    it.each([
      ['an older token', { fencing_token: 0 }],
      ['a token that was never given', { fencing_token: 2 }],
      ['another tenant', { tenant: 'u' }],
      ['another task', { task_seq: 2 }],
      ['no item', { work_item_seq: null }],
      ['an item that does not exist', { work_item_seq: 99 }],
    ])('is refused with %s', async (_, over) => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)

      await refuses(db, 'lease.lost', 'checkpoints', () => insert(db, 'checkpoints', checkpointRow(over)))
    })

    it('is refused from a worker whose lease was taken over', async () => {
      const db = await fresh()
      await enqueue(db)
      const stale = await claim(db)
      await revoke(db, { state: 'pending', reason: 'expired' })
      await claim(db)

      await refuses(db, 'lease.lost', 'checkpoints', () =>
        insert(db, 'checkpoints', checkpointRow({ fencing_token: stale })),
      )
    })

    it('is refused for an item that nobody holds, unless the sweep marks where it broke', async () => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)
      await revoke(db, { state: 'pending', reason: 'expired' })

      await refuses(db, 'lease.lost', 'checkpoints', () =>
        insert(db, 'checkpoints', checkpointRow({ fencing_token: 2 })),
      )
      await insert(db, 'checkpoints', checkpointRow({ fencing_token: 2, type: 'error_boundary' }))
    })

    it('marks where it broke on a failed item too, although that is frozen', async () => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)
      await revoke(db, outcome('failed'))

      await insert(db, 'checkpoints', checkpointRow({ fencing_token: 2, type: 'error_boundary' }))

      expect(await only(db, 'select position from checkpoints')).toEqual({ position: 1 })
    })

    it.each([
      ['taken twice', 1],
      ['skipped', 3],
      ['0', 0],
    ])('has the next position: not one that is %s', async (_, position) => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)
      await insert(db, 'checkpoints', checkpointRow())

      await refuses(db, 'checkpoint.position_conflict', 'checkpoints', () =>
        insert(db, 'checkpoints', checkpointRow({ id: 'C2', position })),
      )
    })

    it('is of a known type and holds JSON where it says so', async () => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)

      await refuses(db, 'check checkpoints_type', 'checkpoints', () =>
        insert(db, 'checkpoints', checkpointRow({ type: 'save' })),
      )
      for (const column of ['snapshot', 'metadata', 'evidence'])
        await refuses(
          db,
          notJson(db, column === 'snapshot' ? 'checkpoints_snapshot' : 'checkpoints_json'),
          'checkpoints',
          () => insert(db, 'checkpoints', checkpointRow({ [column]: '{nope' })),
        )
      await insert(db, 'checkpoints', checkpointRow({ encoding: 'gzip', snapshot: 'H4sIAAAA' }))
    })

    it('is never replaced', async () => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)
      await insert(db, 'checkpoints', checkpointRow())
      const forged = checkpointRow({ position: 2, snapshot: '{"forged":1}' })

      await refuses(db, 'checkpoint.exists', 'checkpoints', () => insertOver(db, 'checkpoints', forged, 'tenant, id'))
      await refuses(db, 'checkpoint.exists', 'checkpoints', () =>
        insertOver(db, 'checkpoints', { ...forged, id: 'C2', seq: 1 }, 'seq'),
      )
      await refuses(db, 'checkpoint.position_conflict', 'checkpoints', () =>
        insertOver(db, 'checkpoints', { ...forged, id: 'C2', position: 1 }, 'work_item_seq, position'),
      )
    })

    it('is frozen in every column', async () => {
      const db = await fresh()
      await finished(db)

      await everyColumnIsFrozen(db, {
        table: checkpoints,
        where: 'seq = 1',
        code: 'checkpoint.append_only',
      })
    })

    it('is not deleted without a permit, while its item runs or after it', async () => {
      const db = await fresh()
      await enqueue(db)
      const token = await claim(db)
      await insert(db, 'checkpoints', checkpointRow())

      await refuses(db, 'retention.not_permitted', 'checkpoints', () => db.exec('delete from checkpoints'))
      await settle(db, 'completed', token)
      await refuses(db, 'retention.not_permitted', 'checkpoints', () => db.exec('delete from checkpoints'))
    })
  })

  describe('a verification', () => {
    it('is a row of its own: frozen in every column, never replaced, never deleted', async () => {
      const db = await fresh()
      await finished(db)

      await everyColumnIsFrozen(db, {
        table: checkpointVerifications,
        where: 'seq = 1',
        code: 'verification.append_only',
      })
      await refuses(db, 'verification.append_only', 'checkpoint_verifications', () =>
        insertOver(db, 'checkpoint_verifications', verificationRow({ seq: 1, outcome: 'invalid' }), 'seq'),
      )
      await refuses(db, 'retention.not_permitted', 'checkpoint_verifications', () =>
        db.exec('delete from checkpoint_verifications'),
      )
    })

    it('says what was found, about a checkpoint that is there', async () => {
      const db = await fresh()
      await finished(db)
      const add = (over: object) => () => insert(db, 'checkpoint_verifications', verificationRow({ ...over }))

      await refuses(db, 'check checkpoint_verifications_outcome', 'checkpoint_verifications', add({ outcome: 'maybe' }))
      await refuses(
        db,
        notJson(db, 'checkpoint_verifications_findings'),
        'checkpoint_verifications',
        add({ findings: '' }),
      )
      await refuses(db, 'foreign key', 'checkpoint_verifications', add({ checkpoint_seq: 99 }))
    })
  })

  describe('the counters of an item', () => {
    it('move only with the rows that they count', async () => {
      const db = await fresh()
      await finished(db)

      for (const set of [
        { event_position: 99 },
        { event_position: 6 },
        { event_position: 1 },
        { checkpoint_position: 2 },
        { checkpoint_position: 0 },
        { work_item_seq: 2 },
      ])
        await refuses(db, 'stream.append_only', 'work_item_streams', () =>
          update(db, 'work_item_streams', set, 'work_item_seq = 1'),
        )
    })

    it('are not made, replaced or deleted by hand', async () => {
      const db = await fresh()
      await finished(db)
      const row = { work_item_seq: 1, checkpoint_position: 0, event_position: 0 }

      await refuses(db, 'stream.append_only', 'work_item_streams', () =>
        insertOver(db, 'work_item_streams', row, 'work_item_seq'),
      )
      await refuses(db, 'stream.append_only', 'work_item_streams', () => db.exec('delete from work_item_streams'))
    })
  })
}
