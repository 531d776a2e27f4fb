import { type PayloadCodec, repositories, type Repositories } from '@holdfast/store'
import { describe, expect, it } from 'vitest'
import type { OpenTestStore, TestStore } from '../open-test-store.js'

/** Two bytes of nonce in front, so that no two encodings of one value are alike: what every cipher does. */
const nonceCodec = (name = 'nonce-xor'): PayloadCodec => {
  let calls = 0
  const xor = (data: Uint8Array, nonce: number): Uint8Array => data.map((byte) => byte ^ nonce)
  return {
    name,
    encode: (raw) => {
      calls += 1
      return Uint8Array.of(calls >> 8, calls & 255, ...xor(raw, calls & 255))
    },
    decode: (data) => xor(data.subarray(2), data[1] ?? 0),
  }
}

export const payloadCodecsContract = (open: OpenTestStore): void => {
  const openEncrypted = async (): Promise<TestStore & { encrypted: Repositories }> => {
    const test = await open()
    return { ...test, encrypted: repositories(test.store, { codec: nonceCodec(), clock: test.clock }) }
  }

  describe('under a codec that writes other bytes each time', () => {
    it('a submit that is repeated adds nothing, and one with another input is a conflict', async () => {
      const { encrypted } = await openEncrypted()
      const task = { id: 'one', type: 'mail', input: { to: 'a', cc: ['b'] } }
      await encrypted.tasks.submit(task)

      expect(await encrypted.tasks.submit(task)).toMatchObject({ taskId: 'one', created: false })
      expect(await encrypted.tasks.submitAll([task, { ...task, input: 'z' }])).toMatchObject([
        { ok: true, value: { taskId: 'one', created: false } },
        { ok: false, refusal: { code: 'task.conflict' } },
      ])

      await expect(encrypted.tasks.submit({ ...task, input: { to: 'z' } })).rejects.toMatchObject({
        code: 'task.conflict',
      })
      await expect(encrypted.tasks.submit({ ...task, queue: 'other' })).rejects.toMatchObject({
        code: 'task.conflict',
      })
      expect((await encrypted.workItems.require('one')).input).toEqual(task.input)
    })

    it('a submit keeps its idempotency key with its one request', async () => {
      const { encrypted } = await openEncrypted()
      const task = { id: 'one', type: 'mail', input: 1 }
      const idempotency = { key: 'k', request: { n: 1 }, response: { accepted: true } }
      await encrypted.tasks.submit(task)
      await expect(encrypted.tasks.submit({ ...task, input: 2, idempotency })).rejects.toMatchObject({
        code: 'task.conflict',
      })

      expect(await encrypted.idempotency.get('k')).toBeUndefined()
      expect(await encrypted.tasks.submit({ ...task, idempotency })).toMatchObject({ created: false })
      expect(await encrypted.tasks.submit({ ...task, idempotency })).toMatchObject({ replayed: { accepted: true } })
    })

    it('a submit from before there was a codec is still the same one', async () => {
      const { store, encrypted } = await openEncrypted()
      const task = { id: 'one', type: 'mail', input: { to: 'a' } }
      await store.tasks.submit(task)

      expect(await encrypted.tasks.submit(task)).toMatchObject({ created: false })
    })

    it('what no codec here can read is a conflict, as it can be compared with nothing', async () => {
      const { store, clock, encrypted } = await openEncrypted()
      const task = { id: 'one', type: 'mail', input: { to: 'a' } }
      await encrypted.tasks.submit(task)
      const otherKey = repositories(store, { codec: nonceCodec('other-key'), clock })

      await expect(otherKey.tasks.submit(task)).rejects.toMatchObject({ code: 'task.conflict' })
    })

    it('a fan-out that was cut short runs again, and adds what is missing', async () => {
      const { encrypted } = await openEncrypted()
      await encrypted.tasks.submit({ type: 'parent', input: null })
      const [lease] = await encrypted.leases.claim({ queue: 'parent', owner: 'w' })
      if (!lease) throw new Error('there was nothing to claim')
      const items = Array.from({ length: 20 }, (_, n) => ({ key: `${n}`, type: 'child', input: { n } }))
      await encrypted.workItems.spawn(lease, items.slice(0, 15))

      expect(await encrypted.workItems.spawn(lease, items)).toEqual({ created: 5 })

      await expect(
        encrypted.workItems.spawn(lease, [...items, { key: '3', type: 'child', input: 'another' }]),
      ).rejects.toMatchObject({ code: 'work_item.conflict' })
      await expect(
        encrypted.workItems.spawn(lease, [{ key: '3', type: 'other', input: { n: 3 } }]),
      ).rejects.toMatchObject({ code: 'work_item.conflict' })
    })

    it('a completion that is repeated is a duplicate, one with another result comes too late', async () => {
      const { encrypted } = await openEncrypted()
      await encrypted.tasks.submit({ type: 'mail', input: null })
      const [lease] = await encrypted.leases.claim({ queue: 'mail', owner: 'w' })
      if (!lease) throw new Error('there was nothing to claim')
      await encrypted.leases.complete(lease, { sent: 1 })

      expect(await encrypted.leases.complete(lease, { sent: 1 })).toEqual({ state: 'completed', duplicate: true })

      await expect(encrypted.leases.complete(lease, { sent: 2 })).rejects.toMatchObject({
        code: 'work_item.already_terminal',
      })
      expect((await encrypted.workItems.require(lease.workItemId)).result).toEqual({ sent: 1 })
    })

    it('the answer of a key may be given again by its holder, and no other one', async () => {
      const { encrypted } = await openEncrypted()
      const claim = await encrypted.idempotency.checkOrCreate('k', { request: 1, owner: 'a' })
      if (claim.outcome !== 'created') throw new Error('the key was there')
      await encrypted.idempotency.complete(claim.ref, { id: 7 })

      expect(await encrypted.idempotency.complete(claim.ref, { id: 7 })).toEqual({ duplicate: true })
      await expect(encrypted.idempotency.complete(claim.ref, { id: 8 })).rejects.toMatchObject({
        code: 'idempotency.already_completed',
      })
    })
  })
}
