import { type KeyClaim, type KeyRef, repositories } from '@holdfast/store'
import { describe, expect, it } from 'vitest'
import type { OpenTestStore, TestStore } from '../open-test-store.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const LEASE_MS = 3_000
const HEARTBEAT_MS = LEASE_MS / 3
const request = { amount: 12 }

const take = ({ store }: TestStore, options: { readonly owner?: string; readonly ttlMs?: number } = {}) =>
  store.idempotency.checkOrCreate('pay', { request, owner: 'a', leaseMs: LEASE_MS, ...options })

const outcomeFor = async (test: TestStore): Promise<KeyClaim['outcome']> =>
  (await take(test, { owner: 'another' })).outcome

const refOf = (claim: KeyClaim): KeyRef => {
  if ('ref' in claim) return claim.ref
  throw new Error(`the key is ${claim.outcome}`)
}

/** What an owner says who knows by monotonic time that he is not too late. */
const beat = ({ store }: TestStore, ref: KeyRef): Promise<number> =>
  store.idempotency.heartbeat(ref, { leaseMs: LEASE_MS, isLive: true })

/** The same file for a process that begins now, and has not seen what the clock did before. */
const newcomer = ({ store, clock }: TestStore) => repositories(store, { clock })

/** Keys are leased by the wall clock, which somebody may set. */
export const keyClockContract = (open: OpenTestStore): void => {
  describe('the key of a living owner, when the wall clock is set', () => {
    it('is extended although its time seems over, by an owner who knows better', async () => {
      const test = await open()
      const ref = refOf(await take(test))
      test.clock.jump(HOUR_MS)

      await expect(test.store.idempotency.heartbeat(ref)).rejects.toMatchObject({ code: 'idempotency.lost' })
      expect(await beat(test, ref)).toBe(test.clock.nowMs() + LEASE_MS)
    })

    it.each([HOUR_MS, DAY_MS, -HOUR_MS, -DAY_MS])('by %i ms, is not taken over', async (jumpMs) => {
      const test = await open()
      const ref = refOf(await take(test))
      test.clock.jump(jumpMs)

      for (let beats = 0; beats < 6; beats++) {
        expect(await outcomeFor(test)).toBe('in_progress')
        test.clock.advance(HEARTBEAT_MS - 1)
        expect(await outcomeFor(test)).toBe('in_progress')
        await beat(test, ref)
      }

      await test.store.idempotency.complete(ref, 'once')
      expect(await test.store.idempotency.get('pay')).toMatchObject({ response: 'once', fencingToken: 1 })
    })

    it('again and again, is not taken over', async () => {
      const test = await open()
      const ref = refOf(await take(test))

      for (const jumpMs of [HOUR_MS, DAY_MS, -DAY_MS, HOUR_MS, HOUR_MS, -2 * HOUR_MS, 60_000, 60_000]) {
        test.clock.jump(jumpMs)
        expect(await outcomeFor(test)).toBe('in_progress')
        test.clock.advance(HEARTBEAT_MS)
        await beat(test, ref)
        expect(await outcomeFor(test)).toBe('in_progress')
      }
    })

    it('past the end of the key itself, is neither swept away nor given to another request', async () => {
      const test = await open()
      const { store, clock } = test
      const ref = refOf(await take(test, { ttlMs: DAY_MS }))
      clock.advance(HEARTBEAT_MS)
      await beat(test, ref)
      clock.jump(2 * DAY_MS)

      expect(await store.sweep.expireKeys()).toEqual({ deleted: 0 })
      expect(await store.idempotency.checkOrCreate('pay', { request: 'other' })).toMatchObject({
        outcome: 'in_progress',
      })
      await expect(
        test.enqueue({ idempotency: { key: 'pay', request: 'other', response: null } }),
      ).rejects.toMatchObject({ code: 'idempotency.in_progress' })

      await store.idempotency.complete(ref, 'once')
    })

    it('is lost once somebody has taken it over, whatever its owner knows', async () => {
      const test = await open()
      const ref = refOf(await take(test))
      test.clock.advance(LEASE_MS)
      expect(await outcomeFor(test)).toBe('taken_over')

      await expect(beat(test, ref)).rejects.toMatchObject({ code: 'idempotency.lost' })
    })
  })

  describe('the key of a dead owner, when the wall clock is set', () => {
    it('forwards, is taken over once a living one would have had the time for a heartbeat', async () => {
      const test = await open()
      await take(test)
      test.clock.jump(HOUR_MS)

      expect(await outcomeFor(test)).toBe('in_progress')
      test.clock.advance(HEARTBEAT_MS - 1)
      expect(await outcomeFor(test)).toBe('in_progress')
      test.clock.advance(1)
      expect(await outcomeFor(test)).toBe('taken_over')
    })

    it('forwards, is given to a submission then as well', async () => {
      const test = await open()
      const submit = () => test.enqueue({ idempotency: { key: 'pay', request, response: 'accepted' } })
      await take(test)
      test.clock.jump(HOUR_MS)

      await expect(submit()).rejects.toMatchObject({ code: 'idempotency.in_progress' })
      test.clock.advance(HEARTBEAT_MS)
      await submit()

      expect(await test.store.idempotency.get('pay')).toMatchObject({ state: 'completed', response: 'accepted' })
    })

    it('back, is taken over once it has stood for longer than its lease', async () => {
      const test = await open()
      await take(test)
      test.clock.jump(-DAY_MS)

      expect(await outcomeFor(test)).toBe('in_progress')
      test.clock.advance(LEASE_MS)
      expect(await outcomeFor(test)).toBe('in_progress')
      test.clock.advance(1)
      expect(await outcomeFor(test)).toBe('taken_over')
    })

    it('back, is given to a submission then as well', async () => {
      const test = await open()
      const submit = () => test.enqueue({ idempotency: { key: 'pay', request, response: 'accepted' } })
      await take(test)
      test.clock.jump(-DAY_MS)
      await expect(submit()).rejects.toMatchObject({ code: 'idempotency.in_progress' })
      test.clock.advance(LEASE_MS + 1)

      await submit()

      expect(await test.store.idempotency.get('pay')).toMatchObject({ state: 'completed', response: 'accepted' })
    })

    it('again and again, is taken over once it has stood for longer than its lease', async () => {
      const test = await open()
      await take(test)
      const outcomes: string[] = []

      for (let step = 0; step < 5; step++) {
        test.clock.jump(step % 2 === 0 ? HOUR_MS : -HOUR_MS)
        outcomes.push(await outcomeFor(test))
        test.clock.advance(HEARTBEAT_MS - 1)
      }

      expect(outcomes).toEqual(['in_progress', 'in_progress', 'in_progress', 'in_progress', 'taken_over'])
    })

    it('back, is taken over at once where its process is known to be dead', async () => {
      const test = await open()
      await take(test)
      await test.store.sweep.recoverProcess({ processId: test.store.info().processId, sweeper: 'sweep-1' })
      test.clock.jump(-DAY_MS)

      expect(await outcomeFor(test)).toBe('taken_over')
    })
  })

  describe('a process that begins after the wall clock was set forwards', () => {
    it('leaves a key whose lease is over for a heartbeat’s time, where it asks again', async () => {
      const test = await open()
      const ref = refOf(await take(test))
      test.clock.jump(HOUR_MS)
      const { idempotency } = newcomer(test)
      const ask = () => idempotency.checkOrCreate('pay', { request, isPatient: true })

      expect(await ask()).toMatchObject({ outcome: 'in_progress' })
      test.clock.advance(HEARTBEAT_MS - 1)
      expect(await ask()).toMatchObject({ outcome: 'in_progress' })
      await beat(test, ref)
      test.clock.advance(LEASE_MS - 1)
      expect(await ask()).toMatchObject({ outcome: 'in_progress' })
      test.clock.advance(1)
      expect(await ask()).toMatchObject({ outcome: 'taken_over' })
    })

    it('takes it over at once, where it asks only once', async () => {
      const test = await open()
      await take(test)
      test.clock.advance(LEASE_MS)

      expect(await newcomer(test).idempotency.checkOrCreate('pay', { request })).toMatchObject({
        outcome: 'taken_over',
      })
    })

    it('does not sweep away what a living owner holds past the end of the key', async () => {
      const test = await open()
      await take(test, { ttlMs: DAY_MS })
      test.clock.jump(2 * DAY_MS)
      const { sweep } = newcomer(test)

      expect(await sweep.expireKeys()).toEqual({ deleted: 0 })
      test.clock.advance(HEARTBEAT_MS)
      expect(await sweep.expireKeys()).toEqual({ deleted: 1 })
    })
  })
}
