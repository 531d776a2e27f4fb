import { describe, expect, it } from 'vitest'
import type { OpenTestStore, TestStore } from '../open-test-store.js'
import { permitsLeft } from './checkpoints.js'
import { claimOne } from './claiming.js'
import { leasedItem } from './leased-item.js'

const DAY_MS = 86_400_000
const request = { to: 'a@example.org', amount: 12 }

export const idempotencyContract = (open: OpenTestStore): void => {
  describe('an idempotency key', () => {
    it('is created for the first caller, who executes', async () => {
      const { store, clock } = await open()

      const claim = await store.idempotency.checkOrCreate('pay', { request, owner: 'a', leaseMs: 1_000 })

      expect(claim).toEqual({
        outcome: 'created',
        ref: { tenant: 'default', key: 'pay', fencingToken: 1 },
        leaseExpiresAtMs: clock.nowMs() + 1_000,
      })
      expect(await store.idempotency.get('pay')).toMatchObject({ state: 'pending', owner: 'a', response: undefined })
    })

    it('is created for exactly one of fifty callers at once; the others are told that it is in progress', async () => {
      const { store } = await open()

      const claims = await Promise.all(
        Array.from({ length: 50 }, (_, at) => store.idempotency.checkOrCreate('pay', { request, owner: `w-${at}` })),
      )

      expect(claims.filter(({ outcome }) => outcome === 'created')).toHaveLength(1)
      expect(claims.filter(({ outcome }) => outcome === 'in_progress')).toHaveLength(49)
    })

    it('gives everybody the same answer, byte for byte, once it is there', async () => {
      const { store, clock } = await open()
      const claim = await store.idempotency.checkOrCreate('pay', { request, owner: 'a' })
      if (claim.outcome !== 'created') throw new Error(claim.outcome)
      const response = { z: 1, a: [1.5, 1e21, 'ü\u2028', { '': null }], text: '{"not":"parsed"}' }
      await store.idempotency.complete(claim.ref, response)
      const finishedAtMs = clock.nowMs()
      clock.advance(5_000)

      const answers = await Promise.all(
        [1, 2, 3].map(() => store.idempotency.checkOrCreate('pay', { request, owner: 'b' })),
      )

      expect(answers).toEqual(Array.from({ length: 3 }, () => ({ outcome: 'completed', response, finishedAtMs })))
      // The order of members is part of the bytes.
      for (const answer of answers) expect(JSON.stringify(answer)).toContain(JSON.stringify(response))
    })

    it('keeps large answers whole', async () => {
      const { store } = await open()
      const claim = await store.idempotency.checkOrCreate('tool', { request, owner: 'a' })
      if (claim.outcome !== 'created') throw new Error(claim.outcome)
      const response = { stdout: 'line\n'.repeat(150_000) }

      await store.idempotency.complete(claim.ref, response)

      expect(await store.idempotency.checkOrCreate('tool', { request, owner: 'a' })).toMatchObject({ response })
      const { ref } = (await store.idempotency.checkOrCreate('tool-2', { request, owner: 'a' })) as typeof claim
      await expect((async () => store.idempotency.complete(ref, 'x'.repeat(1_048_576)))()).rejects.toMatchObject({
        code: 'input.too_large',
      })
    })

    it('takes null for an answer like any other', async () => {
      const { store } = await open()
      const claim = await store.idempotency.checkOrCreate('pay', { request, owner: 'a' })
      if (claim.outcome !== 'created') throw new Error(claim.outcome)

      await store.idempotency.complete(claim.ref, null)

      expect(await store.idempotency.checkOrCreate('pay', { request, owner: 'b' })).toMatchObject({
        outcome: 'completed',
        response: null,
      })
      expect(await store.idempotency.get('pay')).toMatchObject({ state: 'completed', response: null })
    })

    it('knows a request by its content, whatever the order of its members', async () => {
      const { store } = await open()
      await store.idempotency.checkOrCreate('pay', { request: { a: 1, b: { c: 2, d: 3 } }, owner: 'a' })

      expect(
        await store.idempotency.checkOrCreate('pay', { request: { b: { d: 3, c: 2 }, a: 1 }, owner: 'b' }),
      ).toMatchObject({ outcome: 'in_progress', owner: 'a' })
    })

    it('refuses another request, while pending and when answered: idempotency.conflict', async () => {
      const { store } = await open()
      const other = () => store.idempotency.checkOrCreate('pay', { request: { ...request, amount: 13 }, owner: 'b' })
      const claim = await store.idempotency.checkOrCreate('pay', { request, owner: 'a' })
      if (claim.outcome !== 'created') throw new Error(claim.outcome)

      await expect(other()).rejects.toMatchObject({
        code: 'idempotency.conflict',
        details: { key: 'pay', requestHash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
      })
      await store.idempotency.complete(claim.ref, 'ok')
      await expect(other()).rejects.toMatchObject({ code: 'idempotency.conflict' })
    })

    it('refuses another request also when the first failed or its owner is gone', async () => {
      const { store, clock } = await open()
      const other = (key: string) => store.idempotency.checkOrCreate(key, { request: 'other', owner: 'b' })
      const failed = await store.idempotency.checkOrCreate('failed', { request, owner: 'a' })
      await store.idempotency.checkOrCreate('gone', { request, owner: 'a', leaseMs: 1 })
      if (failed.outcome !== 'created') throw new Error(failed.outcome)
      await store.idempotency.fail(failed.ref, new Error('no'))
      clock.advance(1)

      await expect(other('failed')).rejects.toMatchObject({ code: 'idempotency.conflict' })
      await expect(other('gone')).rejects.toMatchObject({ code: 'idempotency.conflict' })
    })

    it('says that it is in progress, by whom and until when', async () => {
      const { store, clock } = await open()
      await store.idempotency.checkOrCreate('pay', { request, owner: 'a', leaseMs: 1_000 })
      clock.advance(999)

      expect(await store.idempotency.checkOrCreate('pay', { request, owner: 'b' })).toEqual({
        outcome: 'in_progress',
        owner: 'a',
        leaseExpiresAtMs: clock.nowMs() + 1,
      })
    })

    it('is taken over when its owner died, and the dead one’s late answer is refused: idempotency.lost', async () => {
      const { store, clock } = await open()
      const first = await store.idempotency.checkOrCreate('pay', { request, owner: 'a', leaseMs: 1_000 })
      if (first.outcome !== 'created') throw new Error(first.outcome)
      clock.advance(1_000)

      const second = await store.idempotency.checkOrCreate('pay', { request, owner: 'b' })
      if (second.outcome !== 'taken_over') throw new Error(second.outcome)

      expect(second.ref.fencingToken).toBe(2)
      const late = { code: 'idempotency.lost', details: { heldToken: 1, currentToken: 2 } }
      await expect(store.idempotency.complete(first.ref, 'late')).rejects.toMatchObject(late)
      await expect(store.idempotency.fail(first.ref, new Error('late'))).rejects.toMatchObject(late)
      await expect(store.idempotency.heartbeat(first.ref)).rejects.toMatchObject(late)
      await store.idempotency.complete(second.ref, 'on time')
      await expect(store.idempotency.complete(first.ref, 'later')).rejects.toMatchObject(late)
      expect(await store.idempotency.get('pay')).toMatchObject({ response: 'on time' })
    })

    it('is taken over by one caller only', async () => {
      const { store, clock } = await open()
      await store.idempotency.checkOrCreate('pay', { request, owner: 'a', leaseMs: 1 })
      clock.advance(1)

      const claims = await Promise.all(
        Array.from({ length: 20 }, () => store.idempotency.checkOrCreate('pay', { request, owner: 'b' })),
      )

      expect(claims.filter(({ outcome }) => outcome === 'taken_over')).toHaveLength(1)
      expect(claims.filter(({ outcome }) => outcome === 'in_progress')).toHaveLength(19)
    })

    it('accepts an answer after its lease ran out, as long as nobody took over', async () => {
      const { store, clock } = await open()
      const claim = await store.idempotency.checkOrCreate('pay', { request, owner: 'a', leaseMs: 1 })
      if (claim.outcome !== 'created') throw new Error(claim.outcome)
      clock.advance(1_000)

      expect(await store.idempotency.complete(claim.ref, 'late, and the first')).toEqual({ duplicate: false })
    })

    it('stays with an owner who heartbeats, and refuses a heartbeat that comes too late', async () => {
      const { store, clock } = await open()
      const claim = await store.idempotency.checkOrCreate('pay', { request, owner: 'a', leaseMs: 1_000 })
      if (claim.outcome !== 'created') throw new Error(claim.outcome)
      clock.advance(900)

      expect(await store.idempotency.heartbeat(claim.ref, { leaseMs: 1_000 })).toBe(clock.nowMs() + 1_000)
      clock.advance(900)
      expect(await store.idempotency.checkOrCreate('pay', { request, owner: 'b' })).toMatchObject({
        outcome: 'in_progress',
      })
      clock.advance(100)
      await expect(store.idempotency.heartbeat(claim.ref)).rejects.toMatchObject({ code: 'idempotency.lost' })
    })

    it('that failed is taken over by the next caller at once', async () => {
      const { store } = await open()
      const first = await store.idempotency.checkOrCreate('pay', { request, owner: 'a' })
      if (first.outcome !== 'created') throw new Error(first.outcome)
      await store.idempotency.fail(first.ref, { code: 'smtp.down', message: 'no route' })
      expect(await store.idempotency.get('pay')).toMatchObject({ state: 'failed', error: { code: 'smtp.down' } })

      const second = await store.idempotency.checkOrCreate('pay', { request, owner: 'b' })

      expect(second).toMatchObject({ outcome: 'taken_over', ref: { fencingToken: 2 } })
      expect(await store.idempotency.get('pay')).toMatchObject({ state: 'pending', owner: 'b', error: undefined })
    })

    it('is free for any request once its time is over', async () => {
      const { store, clock } = await open()
      const first = await store.idempotency.checkOrCreate('pay', { request, owner: 'a' })
      if (first.outcome !== 'created') throw new Error(first.outcome)
      await store.idempotency.complete(first.ref, 'old')
      clock.advance(DAY_MS - 1)
      expect(await store.idempotency.checkOrCreate('pay', { request, owner: 'b' })).toMatchObject({ response: 'old' })
      clock.advance(1)

      const second = await store.idempotency.checkOrCreate('pay', { request: 'another', owner: 'b' })

      if (second.outcome !== 'taken_over') throw new Error(second.outcome)
      await store.idempotency.complete(second.ref, 'new')
      expect(await store.idempotency.checkOrCreate('pay', { request: 'another', owner: 'c' })).toMatchObject({
        response: 'new',
      })
    })

    it('whose time is over stays with an owner who is still at it', async () => {
      const { store, clock } = await open()
      const claim = await store.idempotency.checkOrCreate('pay', { request, owner: 'a', leaseMs: 10_000, ttlMs: 1_000 })
      if (claim.outcome !== 'created') throw new Error(claim.outcome)
      clock.advance(1_001)

      expect(await store.idempotency.checkOrCreate('pay', { request: 'another', owner: 'b' })).toMatchObject({
        outcome: 'in_progress',
        owner: 'a',
      })
      expect(await store.idempotency.complete(claim.ref, 'ok')).toEqual({ duplicate: false })
    })

    it('keeps its first mark: an answer is not overwritten, by another answer or by a failure', async () => {
      const { store } = await open()
      const claim = await store.idempotency.checkOrCreate('pay', { request, owner: 'a' })
      if (claim.outcome !== 'created') throw new Error(claim.outcome)
      await store.idempotency.complete(claim.ref, 'first')

      expect(await store.idempotency.complete(claim.ref, 'first')).toEqual({ duplicate: true })
      const refused = { code: 'idempotency.already_completed' }
      await expect(store.idempotency.complete(claim.ref, 'second')).rejects.toMatchObject(refused)
      await expect(store.idempotency.fail(claim.ref, new Error('no'))).rejects.toMatchObject(refused)
      await expect(store.idempotency.heartbeat(claim.ref)).rejects.toMatchObject(refused)
      expect(await store.idempotency.get('pay')).toMatchObject({ state: 'completed', response: 'first' })
    })

    it('keeps its first mark: a failure is not turned into an answer', async () => {
      const { store } = await open()
      const claim = await store.idempotency.checkOrCreate('pay', { request, owner: 'a' })
      if (claim.outcome !== 'created') throw new Error(claim.outcome)
      const error = { code: 'x', message: 'no' }
      await store.idempotency.fail(claim.ref, error)

      await store.idempotency.fail(claim.ref, error)
      await expect(store.idempotency.complete(claim.ref, 'ok')).rejects.toMatchObject({ code: 'idempotency.lost' })
      await expect(store.idempotency.fail(claim.ref, { code: 'y', message: 'no' })).rejects.toMatchObject({
        code: 'idempotency.lost',
      })
      expect(await store.idempotency.get('pay')).toMatchObject({ state: 'failed', error })
    })

    it('that is not there can’t be marked: idempotency.not_found', async () => {
      const { store } = await open()
      const ref = { tenant: 'default', key: 'nothing', fencingToken: 1 }
      const refused = { code: 'idempotency.not_found' }

      await expect(store.idempotency.complete(ref, 1)).rejects.toMatchObject(refused)
      await expect(store.idempotency.fail(ref, new Error('no'))).rejects.toMatchObject(refused)
      await expect(store.idempotency.heartbeat(ref)).rejects.toMatchObject(refused)
      expect(await store.idempotency.get('nothing')).toBeUndefined()
    })

    it('is forgotten on demand, whatever its state, and then free', async () => {
      const test = await open()
      const { store } = test
      const claim = await store.idempotency.checkOrCreate('pay', { request, owner: 'a' })
      if (claim.outcome !== 'created') throw new Error(claim.outcome)
      await store.idempotency.complete(claim.ref, 'ok')

      expect(await store.idempotency.forget('pay')).toEqual({ forgotten: true })
      expect(await store.idempotency.forget('pay')).toEqual({ forgotten: false })
      expect(await store.idempotency.checkOrCreate('pay', { request: 'another', owner: 'a' })).toMatchObject({
        outcome: 'created',
      })
      expect(await permitsLeft(test)).toBe(0)
    })

    it.each([
      [
        'swept away',
        async ({ store, clock }: TestStore) => {
          clock.advance(2_000)
          await store.sweep.expireKeys()
        },
      ],
      ['forgotten', ({ store }: TestStore) => store.idempotency.forget('pay')],
    ])('that was %s and is there again is not answered by the first holder: idempotency.lost', async (_, remove) => {
      const test = await open()
      const { idempotency } = test.store
      const first = await idempotency.checkOrCreate('pay', { request, owner: 'a', leaseMs: 1_000, ttlMs: 1_500 })
      await remove(test)
      const second = await idempotency.checkOrCreate('pay', { request: 'another', owner: 'a' })
      if (first.outcome !== 'created' || second.outcome !== 'created') throw new Error('the key was there')

      const lost = { code: 'idempotency.lost' }
      await expect(idempotency.complete(first.ref, 'the answer to the first request')).rejects.toMatchObject(lost)
      await expect(idempotency.fail(first.ref, new Error('late'))).rejects.toMatchObject(lost)
      await expect(idempotency.heartbeat(first.ref)).rejects.toMatchObject(lost)

      expect(await idempotency.complete(second.ref, 'its own')).toEqual({ duplicate: false })
      expect(await test.store.idempotency.get('pay')).toMatchObject({ response: 'its own' })
    })

    it('that was taken over before it was deleted is fenced against all who ever held it', async () => {
      const { store } = await open()
      const refs = []
      for (let round = 0; round < 3; round += 1) {
        for (const owner of ['a', 'b']) {
          const claim = await store.idempotency.checkOrCreate('pay', { request, owner })
          if (claim.outcome !== 'created' && claim.outcome !== 'taken_over') throw new Error('the key was not free')
          refs.push(claim.ref)
          await store.idempotency.fail(claim.ref, new Error('try again'))
        }
        await store.idempotency.forget('pay')
      }
      await store.tasks.submit({ type: 'test', input: 1, idempotency: { key: 'pay', request, response: 'ok' } })

      const tokens = refs.map(({ fencingToken }) => fencingToken)
      expect(new Set(tokens).size).toBe(6)
      for (const ref of refs)
        await expect(store.idempotency.complete(ref, 'late')).rejects.toMatchObject({ code: 'idempotency.lost' })
    })

    it('belongs to its tenant: another one’s key of the same name is another key', async () => {
      const { store } = await open()
      const mine = await store.idempotency.checkOrCreate('pay', { request, owner: 'a' })
      const theirs = await store.forTenant('stranger').idempotency.checkOrCreate('pay', { request: 1, owner: 'a' })

      expect([mine.outcome, theirs.outcome]).toEqual(['created', 'created'])
      await store.forTenant('stranger').idempotency.forget('pay')
      expect(await store.idempotency.get('pay')).toBeDefined()
    })

    it('may name the task and the item it is used for, and outlives both', async () => {
      const test = await open()
      const { store, clock } = test
      const lease = await leasedItem(test)
      const { taskId, workItemId } = lease
      const claim = await store.idempotency.checkOrCreate('pay', { request, owner: 'a', taskId, workItemId })
      if (claim.outcome !== 'created') throw new Error(claim.outcome)
      await store.idempotency.complete(claim.ref, 'ok')
      expect(await store.idempotency.get('pay')).toMatchObject({ taskId, workItemId })

      await store.leases.complete(lease, null)
      clock.advance(1)
      await store.retention.deleteFinishedTasks({ finishedBeforeMs: clock.nowMs() })

      expect(await store.idempotency.get('pay')).toMatchObject({ taskId: null, workItemId: null, response: 'ok' })
    })

    it('left pending by an earlier attempt of an item is taken over by the next attempt at once', async () => {
      const test = await open()
      const { store } = test
      const first = await leasedItem(test)
      const key = { request, taskId: first.taskId }
      const old = await store.idempotency.checkOrCreate('pay', { ...key, lease: first })
      await store.leases.release(first)
      const second = await claimOne(test, { taskId: first.taskId })

      const taken = await store.idempotency.checkOrCreate('pay', { ...key, lease: second })

      expect([old.outcome, taken.outcome]).toEqual(['created', 'taken_over'])
      if (old.outcome !== 'created') throw new Error(old.outcome)
      await expect(store.idempotency.complete(old.ref, 'late')).rejects.toMatchObject({ code: 'idempotency.lost' })
      // The first attempt, unaware that its lease is over, can't take it back.
      const again = await store.idempotency.checkOrCreate('pay', { ...key, lease: first })
      expect(again.outcome).toBe('in_progress')
    })

    it('belongs to the tenant of the lease under which it is taken', async () => {
      const test = await open()
      const stranger = test.store.forTenant('stranger')
      const { taskId } = await stranger.tasks.submit({ type: 'test', input: null })
      const [lease] = await stranger.leases.claim({ taskId, owner: 'a' })
      if (!lease) throw new Error('nothing was claimed')

      await test.store.idempotency.checkOrCreate('pay', { request, lease })

      expect(await test.store.idempotency.get('pay')).toBeUndefined()
      expect(await stranger.idempotency.get('pay')).toMatchObject({ workItemId: lease.workItemId })
    })

    it('pending in this very attempt is in progress, however often it asks', async () => {
      const test = await open()
      const { store } = test
      const lease = await leasedItem(test)
      const ask = (owner: string) => store.idempotency.checkOrCreate('pay', { request, owner, lease })

      const outcomes = (await Promise.all([ask('a'), ask('b'), ask('a')])).map(({ outcome }) => outcome)

      expect(outcomes.sort()).toEqual(['created', 'in_progress', 'in_progress'])
    })

    it('of a process that stopped or died is taken over at once', async () => {
      const test = await open()
      const { store } = test
      const { processId } = store.info()
      await store.processes.register({ id: processId, kind: 'worker', host: 'h', pid: 1, version: '0' })
      await store.idempotency.checkOrCreate('pay', { request, owner: 'a' })
      expect(await store.idempotency.checkOrCreate('pay', { request, owner: 'b' })).toMatchObject({
        outcome: 'in_progress',
      })

      await store.processes.stop(processId)

      expect(await store.idempotency.checkOrCreate('pay', { request, owner: 'b' })).toMatchObject({
        outcome: 'taken_over',
      })
    })

    it('refuses links to what this tenant does not have', async () => {
      const test = await open()
      const { store } = test
      const { workItemId } = await leasedItem(test)
      const options = { request, owner: 'a' }

      await expect(store.idempotency.checkOrCreate('k', { ...options, taskId: 'nothing' })).rejects.toMatchObject({
        code: 'task.not_found',
      })
      await expect(
        store.idempotency.checkOrCreate('k', { ...options, workItemId, tenant: 'stranger' }),
      ).rejects.toMatchObject({ code: 'work_item.not_found' })
      expect(await store.idempotency.get('k')).toBeUndefined()
    })

    it('refuses requests without a JSON form, and lengths out of range', async () => {
      const { store } = await open()
      const bad = [{ request: Number.NaN }, { request: undefined }, { request, leaseMs: 0 }, { request, ttlMs: 0.5 }]

      for (const options of bad)
        await expect(store.idempotency.checkOrCreate('k', { owner: 'a', ...options })).rejects.toMatchObject({
          code: 'input.invalid',
        })
      await expect(store.idempotency.checkOrCreate('a\0b', { request, owner: 'a' })).rejects.toMatchObject({
        code: 'input.invalid_text',
      })
    })

    it('is counted by state, and as expired once its time is over', async () => {
      const { store, clock } = await open()
      const claims = await Promise.all(
        ['a', 'b', 'c', 'd'].map((key) =>
          store.idempotency.checkOrCreate(key, { request, owner: 'a', ttlMs: key === 'd' ? 1 : DAY_MS }),
        ),
      )
      const [completed, failed] = claims.map((claim) => (claim.outcome === 'created' ? claim.ref : undefined))
      if (!completed || !failed) throw new Error('not created')
      await store.idempotency.complete(completed, 1)
      await store.idempotency.fail(failed, new Error('no'))
      clock.advance(1)

      expect(await store.idempotency.count()).toEqual({ pending: 1, completed: 1, failed: 1, expired: 1 })
      expect(await store.forTenant('stranger').idempotency.count()).toMatchObject({ pending: 0, expired: 0 })
    })

    it('is swept away once its time is over, unless somebody is still at it', async () => {
      const test = await open()
      const { store, clock } = test
      const done = await store.idempotency.checkOrCreate('done', { request, owner: 'a', ttlMs: 1_000 })
      await store.idempotency.checkOrCreate('busy', { request, owner: 'a', ttlMs: 1_000, leaseMs: 5_000 })
      await store.idempotency.checkOrCreate('kept', { request, owner: 'a' })
      if (done.outcome !== 'created') throw new Error(done.outcome)
      await store.idempotency.complete(done.ref, 1)
      clock.advance(1_000)

      await store.sweep.expireKeys()

      expect(await store.idempotency.get('done')).toBeUndefined()
      expect(await store.idempotency.get('busy')).toBeDefined()
      expect(await store.idempotency.get('kept')).toBeDefined()
      expect(await permitsLeft(test)).toBe(0)
    })
  })

  describe('submitting under a key', () => {
    const submit = ({ enqueue }: TestStore, of: unknown) =>
      enqueue({ idempotency: { key: 'k', request: of, response: 'accepted' } })

    it('refuses another request also where the first failed: idempotency.conflict', async () => {
      const test = await open()
      const claim = await test.store.idempotency.checkOrCreate('k', { request, owner: 'a' })
      if (claim.outcome !== 'created') throw new Error(claim.outcome)
      await test.store.idempotency.fail(claim.ref, new Error('no'))

      await expect(submit(test, 'another')).rejects.toMatchObject({ code: 'idempotency.conflict' })
      await submit(test, request)
      expect(await test.store.idempotency.get('k')).toMatchObject({ state: 'completed', response: 'accepted' })
    })

    it('does not take an expired key from an owner who is still at it: idempotency.in_progress', async () => {
      const test = await open()
      await test.store.idempotency.checkOrCreate('k', { request, owner: 'a', ttlMs: 1_000, leaseMs: 5_000 })
      test.clock.advance(1_001)

      await expect(submit(test, 'another')).rejects.toMatchObject({ code: 'idempotency.in_progress' })
      test.clock.advance(4_000)
      await submit(test, 'another')
      expect(await test.store.tasks.list()).toHaveLength(1)
    })
  })

  describe('running under a key', () => {
    it('executes once, and answers the second call from the key', async () => {
      const { store } = await open()
      let executions = 0
      const pay = () =>
        store.idempotency.run('pay', { request }, async () => {
          executions += 1
          return { paid: executions, at: new Date(0) }
        })

      const [first, second] = [await pay(), await pay()]

      expect(executions).toBe(1)
      expect(JSON.stringify(first)).toBe('{"paid":1,"at":"1970-01-01T00:00:00.000Z"}')
      expect(second).toEqual(first)
    })

    it('keeps an answer of nothing as null', async () => {
      const { store } = await open()
      let executions = 0
      const notify = () =>
        store.idempotency.run('k', { request }, async () => {
          executions += 1
        })

      expect([await notify(), await notify(), executions]).toEqual([null, null, 1])
    })

    it('refuses a second caller while the first is executing: idempotency.in_progress, retryable', async () => {
      const { store } = await open()
      await store.idempotency.run('pay', { request }, async () => {
        await expect(store.idempotency.run('pay', { request }, async () => 'second')).rejects.toMatchObject({
          code: 'idempotency.in_progress',
          retryable: true,
        })
        return 'first'
      })

      expect(await store.idempotency.get('pay')).toMatchObject({ response: 'first' })
    })

    it('passes a failure on, and lets the next caller execute', async () => {
      const { store } = await open()
      const failing = store.idempotency.run('pay', { request }, async () => {
        throw new TypeError('no route')
      })

      await expect(failing).rejects.toThrow(new TypeError('no route'))
      expect(await store.idempotency.get('pay')).toMatchObject({ state: 'failed', error: { message: 'no route' } })
      expect(await store.idempotency.run('pay', { request }, async () => 'ok')).toBe('ok')
    })

    it('does not answer with what came too late: somebody took over meanwhile', async () => {
      const { store, clock } = await open()
      const late = store.idempotency.run('pay', { request, leaseMs: 1_000 }, async () => {
        clock.advance(1_000)
        await store.idempotency.run('pay', { request }, async () => 'second')
        return 'first'
      })

      await expect(late).rejects.toMatchObject({ code: 'idempotency.lost' })
      expect(await store.idempotency.run('pay', { request }, async () => 'third')).toBe('second')
    })
  })
}
