import { describe, expect, it } from 'vitest'
import type { OpenTestStore, TestStore } from '../open-test-store.js'
import { claimOne } from './claiming.js'
import { leasedItem } from './leased-item.js'

const step = { type: 'iteration_end', snapshot: { done: 1 } } as const

export const checkpointsContract = (open: OpenTestStore): void => {
  describe('a checkpoint', () => {
    it('is what the next owner resumes from, after a crash of the first', async () => {
      const test = await open()
      const { store, clock } = test
      const first = await leasedItem(test, { leaseMs: 1_000 })
      await store.checkpoints.append(first, { type: 'iteration_end', snapshot: { page: 7, seen: ['a', 'ü', null] } })

      clock.advance(1_001)
      await store.sweep.recoverExpired({ sweeper: 's', errorCheckpoints: false })
      const second = await claimOne(test, { taskId: first.taskId, owner: 'b' })

      expect(await store.checkpoints.latest(second.workItemId)).toMatchObject({
        snapshot: { page: 7, seen: ['a', 'ü', null] },
        position: 1,
        fencingToken: first.fencingToken,
        attempt: 1,
      })
    })

    it('takes the next position of its item, beginning at 1', async () => {
      const test = await open()
      const { store } = test
      const [one, other] = [await leasedItem(test), await leasedItem(test)]

      const positions = []
      for (const lease of [one, one, other, one]) positions.push((await store.checkpoints.append(lease, step)).position)

      expect(positions).toEqual([1, 2, 1, 3])
    })

    it('never gives a position twice, not even after a deletion', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      const ids = []
      for (let i = 0; i < 3; i += 1) ids.push((await store.checkpoints.append(lease, step)).id)
      await store.checkpoints.remove(String(ids[1]))

      const next = await store.checkpoints.append(lease, step)

      expect(next.position).toBe(4)
      expect((await store.checkpoints.list(lease.workItemId)).map(({ position }) => position)).toEqual([4, 3, 1])
    })

    it('numbers concurrent appends without a gap', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)

      const appended = await Promise.all(Array.from({ length: 20 }, () => store.checkpoints.append(lease, step)))

      expect(appended.map(({ position }) => position).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 20 }, (_, at) => at + 1),
      )
    })

    it('is appended once when the same id comes again, and answers with the position it has', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      const id = '01900000-0000-7000-8000-000000000001'

      const first = await store.checkpoints.append(lease, { ...step, id })
      const again = await store.checkpoints.append(lease, { ...step, id })

      expect(again).toEqual(first)
      expect(await store.checkpoints.list(lease.workItemId)).toHaveLength(1)
    })

    it('answers a repeated append also when the lease is gone by then', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      const appended = await store.checkpoints.append(lease, step)
      await store.leases.complete(lease, null)

      expect(await store.checkpoints.append(lease, { ...step, id: appended.id })).toEqual(appended)
    })

    it('refuses an id that is another checkpoint’s: checkpoint.conflict', async () => {
      const test = await open()
      const { store } = test
      const [one, other] = [await leasedItem(test), await leasedItem(test)]
      const { id } = await store.checkpoints.append(one, step)

      await expect(store.checkpoints.append(other, { ...step, id })).rejects.toMatchObject({
        code: 'checkpoint.conflict',
      })
      await expect(store.checkpoints.append(one, { ...step, id, snapshot: 'other' })).rejects.toMatchObject({
        code: 'checkpoint.conflict',
      })
    })

    it('refuses a writer whose lease was taken back, and tells both tokens: lease.lost', async () => {
      const test = await open()
      const { store, clock } = test
      const stale = await leasedItem(test, { leaseMs: 1_000 })
      clock.advance(1_001)
      await store.sweep.recoverExpired({ sweeper: 's', errorCheckpoints: false })
      const fresh = await claimOne(test, { taskId: stale.taskId, owner: 'a' })

      await expect(store.checkpoints.append(stale, step)).rejects.toMatchObject({
        code: 'lease.lost',
        details: { heldToken: stale.fencingToken, currentToken: fresh.fencingToken },
      })
      expect(await store.checkpoints.latest(fresh.workItemId)).toBeUndefined()
    })

    it('refuses an item that has ended or was never there', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      await store.leases.complete(lease, null)

      await expect(store.checkpoints.append(lease, step)).rejects.toMatchObject({ code: 'work_item.already_terminal' })
      await expect(store.checkpoints.append({ ...lease, workItemId: 'nobody' }, step)).rejects.toMatchObject({
        code: 'work_item.not_found',
      })
    })

    it('keeps a snapshot of exactly the limit, and refuses one byte more: checkpoint.too_large', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      const limitBytes = 1_048_576
      const text = 'x'.repeat(limitBytes - 2) // two quotation marks around it

      await store.checkpoints.append(lease, { ...step, snapshot: text })
      expect(await store.checkpoints.latest(lease.workItemId)).toMatchObject({
        snapshot: text,
        snapshotBytes: limitBytes,
      })

      await expect(store.checkpoints.append(lease, { ...step, snapshot: `${text}x` })).rejects.toMatchObject({
        code: 'checkpoint.too_large',
        details: { bytes: limitBytes + 1, limitBytes },
      })
    })

    it('refuses types that owners may not write, and snapshots that JSON can’t hold: input.invalid', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)

      for (const type of ['error_boundary', 'something'])
        await expect(store.checkpoints.append(lease, { ...step, type: type as never })).rejects.toMatchObject({
          code: 'input.invalid',
        })
      await expect(
        (async () => store.checkpoints.append(lease, { ...step, snapshot: undefined }))(),
      ).rejects.toMatchObject({ code: 'input.invalid' })
    })

    it('is found by type, and the newest of any type without one', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      await store.checkpoints.append(lease, { type: 'tool_executed', snapshot: 'tool', name: 'fetch' })
      await store.checkpoints.append(lease, { type: 'iteration_end', snapshot: 'end', metadata: { ms: 12 } })

      expect(await store.checkpoints.latest(lease.workItemId, { type: 'tool_executed' })).toMatchObject({
        snapshot: 'tool',
        name: 'fetch',
      })
      expect(await store.checkpoints.latest(lease.workItemId)).toMatchObject({ snapshot: 'end', metadata: { ms: 12 } })
      expect(await store.checkpoints.latest(lease.workItemId, { type: 'llm_response' })).toBeUndefined()
    })

    it('is listed newest first, page by page', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      for (let i = 1; i <= 5; i += 1)
        await store.checkpoints.append(lease, { ...step, type: i % 2 ? 'iteration_end' : 'tool_executed', snapshot: i })

      const page = await store.checkpoints.list(lease.workItemId, { limit: 2 })
      const next = await store.checkpoints.list(lease.workItemId, { limit: 2, beforePosition: 4 })
      const ofType = await store.checkpoints.list(lease.workItemId, { type: 'tool_executed' })

      expect([page, next, ofType].map((rows) => rows.map(({ snapshot }) => snapshot))).toEqual([
        [5, 4],
        [3, 2],
        [4, 2],
      ])
      for (const limit of [0, 501, 1.5])
        await expect(store.checkpoints.list(lease.workItemId, { limit })).rejects.toMatchObject({
          code: 'input.invalid',
        })
    })

    it('is there for its own tenant alone', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      const { id } = await store.checkpoints.append(lease, step)
      const stranger = store.forTenant('stranger').checkpoints

      expect(await stranger.get(id)).toBeUndefined()
      expect(await stranger.latest(lease.workItemId)).toBeUndefined()
      expect(await stranger.list(lease.workItemId)).toEqual([])
      await expect(stranger.require(id)).rejects.toMatchObject({ code: 'checkpoint.not_found' })
      await expect(stranger.remove(id)).rejects.toMatchObject({ code: 'checkpoint.not_found' })
      await expect(store.checkpoints.append({ ...lease, tenant: 'stranger' }, step)).rejects.toMatchObject({
        code: 'work_item.not_found',
      })
    })

    it('leaves its mark in the journal when it begins and when it is appended', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      await store.checkpoints.begin(lease, { type: 'tool_executed', name: 'fetch' })
      const { id } = await store.checkpoints.append(lease, { type: 'tool_executed', snapshot: null, name: 'fetch' })

      const { events } = await store.events.read(lease.workItemId, { afterPosition: 2 })

      expect(events).toMatchObject([
        { position: 3, type: 'checkpoint.begun', actor: 'worker-a', data: { type: 'tool_executed', name: 'fetch' } },
        {
          position: 4,
          type: 'checkpoint.appended',
          actor: 'worker-a',
          data: { id, type: 'tool_executed', position: 1 },
        },
      ])
    })

    it('refuses to begin a step under a lost lease', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      await store.leases.release(lease)

      await expect(store.checkpoints.begin(lease, { type: 'tool_executed' })).rejects.toMatchObject({
        code: 'lease.lost',
      })
    })
  })

  describe('a verification', () => {
    const record = (test: TestStore, id: string, outcome: 'verified' | 'invalid'): Promise<void> =>
      test.store.checkpoints.recordVerification(id, { outcome, findings: [], verifiedBy: 'v' })

    it('is a row of its own: the checkpoint stays as it was', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      const { id } = await store.checkpoints.append(lease, step)
      const before = await store.checkpoints.require(id)

      await record(test, id, 'verified')

      expect(before.verification).toBeNull()
      expect(await store.checkpoints.require(id)).toEqual({ ...before, verification: 'verified' })
      const { events } = await store.events.read(lease.workItemId, { afterPosition: 3 })
      expect(events).toMatchObject([{ type: 'checkpoint.verified', actor: 'v', data: { id } }])
    })

    it('counts by the last one: a checkpoint found invalid later is no longer verified', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      const older = await store.checkpoints.append(lease, { ...step, snapshot: 'older' })
      const newer = await store.checkpoints.append(lease, { ...step, snapshot: 'newer' })
      await store.checkpoints.append(lease, { ...step, type: 'tool_executed', snapshot: 'never verified' })
      await record(test, older.id, 'verified')
      await record(test, newer.id, 'verified')
      expect(await store.checkpoints.lastVerified(lease.workItemId)).toMatchObject({ snapshot: 'newer' })

      await record(test, newer.id, 'invalid')

      expect(await store.checkpoints.lastVerified(lease.workItemId)).toMatchObject({ snapshot: 'older' })
      expect(await store.checkpoints.lastVerified(lease.workItemId, { type: 'tool_executed' })).toBeUndefined()
      expect(await store.checkpoints.lastVerified(lease.workItemId, { type: 'iteration_end' })).toMatchObject({
        snapshot: 'older',
      })
    })

    it('is possible after the item has ended', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      const { id } = await store.checkpoints.append(lease, step)
      await store.leases.complete(lease, null)

      await record(test, id, 'verified')

      expect(await store.checkpoints.lastVerified(lease.workItemId)).toMatchObject({ id })
    })

    it('refuses a checkpoint that this tenant does not have: checkpoint.not_found', async () => {
      const test = await open()
      const { store } = test
      const { id } = await store.checkpoints.append(await leasedItem(test), step)

      await expect(record(test, 'nothing', 'verified')).rejects.toMatchObject({ code: 'checkpoint.not_found' })
      await expect(
        store.checkpoints.recordVerification(
          id,
          { outcome: 'verified', findings: [], verifiedBy: 'v' },
          { tenant: 'stranger' },
        ),
      ).rejects.toMatchObject({ code: 'checkpoint.not_found' })
    })
  })

  describe('removing a checkpoint', () => {
    it('takes it out, and leaves no permit behind', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      const { id } = await store.checkpoints.append(lease, step)
      await store.checkpoints.append(lease, step)

      await store.checkpoints.remove(id)

      expect(await store.checkpoints.get(id)).toBeUndefined()
      expect(await permitsLeft(test)).toBe(0)
      await expect(store.checkpoints.remove(id)).rejects.toMatchObject({ code: 'checkpoint.not_found' })
    })

    it('refuses the newest of an item, also of one that has ended: checkpoint.protected', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      const { id } = await store.checkpoints.append(lease, step)

      await expect(store.checkpoints.remove(id)).rejects.toMatchObject({ code: 'checkpoint.protected' })
      await store.leases.complete(lease, null)
      await expect(store.checkpoints.remove(id)).rejects.toMatchObject({ code: 'checkpoint.protected' })
      expect(await store.checkpoints.get(id)).toBeDefined()
      expect(await permitsLeft(test)).toBe(0)
    })

    it('takes one whose last verification found that it no longer holds', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      const { id } = await store.checkpoints.append(lease, step)
      await store.checkpoints.append(lease, step)
      const verify = (outcome: 'verified' | 'invalid') =>
        store.checkpoints.recordVerification(id, { outcome, findings: [], verifiedBy: 'v' })
      await verify('verified')
      await expect(store.checkpoints.remove(id)).rejects.toMatchObject({ code: 'checkpoint.protected' })

      await verify('invalid')
      await store.checkpoints.remove(id)

      expect(await store.checkpoints.get(id)).toBeUndefined()
    })

    it('refuses the last verified of its type until a later one of that type is verified', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      const verification = { outcome: 'verified', findings: [], verifiedBy: 'v' } as const
      const first = await store.checkpoints.append(lease, step)
      const second = await store.checkpoints.append(lease, step)
      const otherType = await store.checkpoints.append(lease, { ...step, type: 'tool_executed' })
      await store.checkpoints.append(lease, step)
      await store.checkpoints.recordVerification(first.id, verification)
      await store.checkpoints.recordVerification(otherType.id, verification)
      await expect(store.checkpoints.remove(first.id)).rejects.toMatchObject({ code: 'checkpoint.protected' })

      await store.checkpoints.recordVerification(second.id, verification)

      await store.checkpoints.remove(first.id)
      await expect(store.checkpoints.remove(second.id)).rejects.toMatchObject({ code: 'checkpoint.protected' })
    })

    it('refuses what a live item would replay, and lets it go once the item has ended', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      const { id } = await store.checkpoints.append(lease, { ...step, isReplayed: true })
      await store.checkpoints.append(lease, step)
      await expect(store.checkpoints.remove(id)).rejects.toMatchObject({ code: 'checkpoint.protected' })

      await store.leases.complete(lease, null)

      await store.checkpoints.remove(id)
    })
  })

  describe('evidence rows', () => {
    it('are looked for by values, and by values that must hold as well', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      const find = (match: object, values: object = {}) =>
        store.checkpoints.findEvidenceRow({ table: 'work_items', match: { ...match }, values: { ...values } })

      expect(await find({ id: lease.workItemId })).toEqual({ exists: true, matches: true })
      expect(await find({ id: lease.workItemId }, { state: 'running', result: null })).toMatchObject({ matches: true })
      expect(await find({ id: lease.workItemId }, { state: 'completed' })).toEqual({ exists: true, matches: false })
      expect(await find({ id: 'nobody' })).toEqual({ exists: false, matches: false })
    })

    it('show a tenant only its own rows', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      const row = { table: 'work_items', match: { id: lease.workItemId } }

      expect(await store.forTenant('stranger').checkpoints.findEvidenceRow(row)).toMatchObject({ exists: false })
    })

    it('show nothing of tables in which the rows of all tenants stand unmarked', async () => {
      const { store } = await open()

      for (const table of ['events', 'work_item_streams', 'checkpoint_verifications', 'processes', 'sections_fts'])
        await expect(store.checkpoints.findEvidenceRow({ table, match: {} })).rejects.toMatchObject({
          code: 'input.invalid',
        })
    })

    it('refuse names that the file does not have, hostile ones among them: input.invalid', async () => {
      const { store } = await open()
      const hostile = ['nothing', 'work_items; drop table tasks', 'work_items" --', "x' or '1'='1", 'sqlite_schema']

      for (const table of hostile)
        await expect(store.checkpoints.findEvidenceRow({ table, match: { id: '1' } })).rejects.toMatchObject({
          code: 'input.invalid',
        })
      for (const column of ['nothing', 'id" = id or "id', '1=1; --', 'id) or (1=1'])
        await expect(
          store.checkpoints.findEvidenceRow({ table: 'work_items', match: { [column]: '1' } }),
        ).rejects.toMatchObject({ code: 'input.invalid' })
      expect(
        await store.checkpoints.findEvidenceRow({ table: 'work_items', match: { id: "' or 1=1 --" } }),
      ).toMatchObject({ exists: false })
    })
  })
}

/** Permits live inside one transaction: outside of it there is none. */
export const permitsLeft = async ({ store }: TestStore): Promise<number> => {
  const kinds = ['task', 'work_item', 'checkpoint', 'verification', 'event', 'idempotency_key']
  const found = await Promise.all(
    kinds.map((kind) => store.checkpoints.findEvidenceRow({ table: 'retention_permits', match: { kind } })),
  )
  return found.filter(({ exists }) => exists).length
}
