import { describe, expect, it } from 'vitest'
import { events } from '../../src/sqlite/index.js'
import { everyColumnIsFrozen } from '../support/columns.js'
import { type Fresh, type Row, insert, insertOver, notJson, only, refuses, update } from '../support/db.js'
import {
  FAILURE,
  checkpointRow,
  claim,
  enqueue,
  finished,
  outcome,
  revoke,
  settle,
  verificationRow,
} from '../support/rows.js'

const logRow = (over: Row = {}): Row => ({
  work_item_seq: 1,
  position: 3,
  type: 'log',
  at_ms: 2_500,
  fencing_token: 1,
  data: '{"line":"hello"}',
  encoding: 'json',
  ...over,
})

export const eventAttacks = (fresh: Fresh): void => {
  describe('the journal of an item', () => {
    it('tells a whole life in contiguous rows, each with its token, time, actor and data', async () => {
      const db = await fresh()
      await enqueue(db, { state: 'scheduled' })
      await update(db, 'work_items', { state: 'pending', reason: 'due' }, 'seq = 1')
      await claim(db)
      await update(db, 'work_items', { lease_expires_at_ms: 40_000, heartbeat_at_ms: 12_000 }, 'seq = 1')
      await insert(db, 'checkpoints', checkpointRow())
      await insert(db, 'checkpoint_verifications', verificationRow())
      await insert(db, 'events', logRow({ position: 5 }))
      await settle(db, 'scheduled', 1, 'W1', { reason: 'retry', finished_at_ms: null, error: FAILURE })
      await update(db, 'work_items', { state: 'pending', reason: 'due' }, 'seq = 1')
      await claim(db)
      await settle(db, 'waiting', 2, 'W1', {
        reason: 'waiting',
        waiting_reason: 'signal',
        finished_at_ms: null,
        attempt: 1,
      })
      await revoke(db, { state: 'pending', reason: 'resumed', waiting_reason: null })
      await update(db, 'work_items', { state: 'scheduled', reason: 'enqueued' }, 'seq = 1')
      await update(db, 'work_items', { state: 'pending', reason: 'due' }, 'seq = 1')
      await claim(db)
      await settle(db, 'pending', 4, 'W1', { reason: 'released', finished_at_ms: null, attempt: 1 })
      await claim(db)
      await revoke(db, { state: 'pending', reason: 'process_dead' })
      await claim(db)
      await settle(db, 'completed', 7)

      const rows = await db.all('select position, type, fencing_token, actor from events order by position')
      expect(rows.map(({ position, type, fencing_token, actor }) => [position, type, fencing_token, actor])).toEqual([
        [1, 'item.enqueued', 0, null],
        [2, 'lease.claimed', 1, 'w-1'],
        [3, 'checkpoint.appended', 1, 'w-1'],
        [4, 'checkpoint.verified', 1, 'w-1'],
        [5, 'log', 1, null],
        [6, 'item.retried', 1, 'w-1'],
        [7, 'lease.claimed', 2, 'w-1'],
        [8, 'item.waiting', 2, 'w-1'],
        [9, 'item.resumed', 3, null],
        [10, 'item.rescheduled', 3, null],
        [11, 'lease.claimed', 4, 'w-1'],
        [12, 'lease.released', 4, 'w-1'],
        [13, 'lease.claimed', 5, 'w-1'],
        [14, 'lease.expired', 6, 'w-1'],
        [15, 'lease.claimed', 7, 'w-1'],
        [16, 'item.completed', 7, 'w-1'],
      ])
      const data = await db.all('select data, encoding, raw_bytes from events where type <> ? order by position', [
        'log',
      ])
      for (const row of data) {
        expect(row.encoding).toBe('json')
        expect(row.raw_bytes).toBe(null)
      }
      expect(data.map((row) => JSON.parse(String(row.data)))).toMatchObject([
        { reason: 'enqueued', state: 'scheduled' },
        { reason: 'claimed', attempt: 1 },
        { id: 'C1', type: 'iteration_start', position: 1 },
        { id: 'C1', position: 1 },
        { reason: 'retry', attempt: 1, error: { code: 'boom' } },
        { reason: 'claimed', attempt: 2 },
        { reason: 'waiting', attempt: 1, waitingReason: 'signal' },
        { reason: 'resumed', attempt: 1 },
        { reason: 'enqueued' },
        { reason: 'claimed', attempt: 2 },
        { reason: 'released', attempt: 1 },
        { reason: 'claimed', attempt: 2 },
        { reason: 'process_dead', attempt: 2 },
        { reason: 'claimed', attempt: 3 },
        { reason: 'completed', attempt: 3 },
      ])
      expect(await only(db, 'select * from work_item_streams')).toEqual({
        work_item_seq: 1,
        checkpoint_position: 1,
        event_position: 16,
      })
    })

    it.each([
      ['failed', 'item.failed'],
      ['cancelled', 'item.cancelled'],
    ])('tells that it was %s', async (state, type) => {
      const db = await fresh()
      await enqueue(db)
      await revoke(db, outcome(state))

      expect(await only(db, 'select type, at_ms from events where position = 2')).toEqual({ type, at_ms: 9_000 })
    })

    it('tells of an invalid checkpoint after its item has ended', async () => {
      const db = await fresh()
      await finished(db)

      await insert(db, 'checkpoint_verifications', verificationRow({ outcome: 'invalid', verified_by: 'doctor' }))

      expect(await only(db, 'select type, actor from events where position = 6')).toEqual({
        type: 'checkpoint.invalid',
        actor: 'doctor',
      })
    })

    it.each([
      ['that is taken', 2],
      ['that leaves a gap', 4],
    ])('does not take a position %s', async (_, position) => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)

      await refuses(db, 'event.position_conflict', 'events', () => insert(db, 'events', logRow({ position })))
      await refuses(db, 'event.position_conflict', 'events', () =>
        insertOver(db, 'events', logRow({ position }), 'work_item_seq, position'),
      )
    })

    it.each(['log', 'checkpoint.begun'])('takes a %s row from the owner alone', async (type) => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)

      await refuses(db, 'lease.lost', 'events', () => insert(db, 'events', logRow({ type, fencing_token: 0 })))
      await insert(db, 'events', logRow({ type }))
      await settle(db, 'completed', 1)
      await refuses(db, 'lease.lost', 'events', () => insert(db, 'events', logRow({ type, position: 5 })))
    })

    it('is of known types and holds JSON where it says so', async () => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)

      await refuses(db, 'check events_type', 'events', () => insert(db, 'events', logRow({ type: 'gossip' })))
      await refuses(db, notJson(db, 'events_data'), 'events', () => insert(db, 'events', logRow({ data: 'nope' })))
      await refuses(db, 'check events_data', 'events', () => insert(db, 'events', logRow({ encoding: null })))
    })

    it('is frozen in every column and not deleted', async () => {
      const db = await fresh()
      await finished(db)

      await everyColumnIsFrozen(db, {
        table: events,
        where: 'work_item_seq = 1 and position = 2',
        code: 'event.append_only',
      })
      await refuses(db, 'retention.not_permitted', 'events', () => db.exec('delete from events where position = 5'))
    })
  })
}
