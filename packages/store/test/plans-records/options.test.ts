import { deflateSync, inflateSync } from 'node:zlib'
import type { HeldLease, PayloadCodec, Store } from '@holdfast/store'
import { type OpenStoreOptions, openStore } from '@holdfast/store/sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'

const deflate: PayloadCodec = {
  name: 'deflate',
  encode: (raw) => deflateSync(raw),
  decode: (data) => inflateSync(data),
}

const open = async (
  options: Partial<OpenStoreOptions>,
): Promise<{ readonly store: Store; readonly lease: HeldLease }> => {
  const store = await openStore({ path: ':memory:', ...options })
  onTestFinished(() => store.close())
  await store.tasks.submit({ type: 'test', input: null })
  const [lease] = await store.leases.claim({ queue: 'test', owner: 'a' })
  if (!lease) throw new Error('nothing was claimed')
  return { store, lease }
}

describe('the limit of snapshots', () => {
  it('is the one the store was opened with, and counts bytes of UTF-8', async () => {
    const { store, lease } = await open({ limits: { snapshotBytes: 12 } })
    const append = (snapshot: unknown) => store.checkpoints.append(lease, { type: 'manual_checkpoint', snapshot })

    await append('ü'.repeat(5))

    await expect(append('ü'.repeat(6))).rejects.toMatchObject({
      code: 'checkpoint.too_large',
      details: { bytes: 14, limitBytes: 12 },
    })
  })

  it('counts what the snapshot takes as JSON, before a codec makes it smaller', async () => {
    const { store, lease } = await open({ limits: { snapshotBytes: 1_000 }, codec: deflate })

    await expect(
      store.checkpoints.append(lease, { type: 'manual_checkpoint', snapshot: 'x'.repeat(999) }),
    ).rejects.toMatchObject({ code: 'checkpoint.too_large', details: { bytes: 1_001 } })
  })
})

describe('a payload codec', () => {
  it('writes snapshots, answers and journal rows, and reads them back', async () => {
    const { store, lease } = await open({ codec: deflate })
    const value = { text: 'again and again '.repeat(1_000) }
    const { id } = await store.checkpoints.append(lease, { type: 'llm_response', snapshot: value })
    await store.events.log(lease, value)
    await store.idempotency.run('k', { request: 1 }, async () => value)

    expect(await store.checkpoints.require(id)).toMatchObject({ snapshot: value, snapshotBytes: 16_011 })
    expect((await store.events.read(lease.workItemId, { afterPosition: 3 })).events).toMatchObject([{ data: value }])
    expect(await store.idempotency.run('k', { request: 1 }, async () => 'not executed')).toEqual(value)
    const row = { table: 'checkpoints', match: { id }, values: { encoding: 'deflate', raw_bytes: 16_011 } }
    expect(await store.checkpoints.findEvidenceRow(row)).toMatchObject({ matches: true })
  })

  it('that encrypts, and so writes other bytes each time, still knows a repeated append', async () => {
    let times = 0
    const salted: PayloadCodec = {
      name: 'salted',
      encode: (raw) => {
        times += 1
        return Uint8Array.from([times, ...raw])
      },
      decode: (data) => data.slice(1),
    }
    const { store, lease } = await open({ codec: salted })
    const checkpoint = { id: 'c-1', type: 'manual_checkpoint', snapshot: { a: 1 } } as const

    const first = await store.checkpoints.append(lease, checkpoint)

    expect(await store.checkpoints.append(lease, checkpoint)).toEqual(first)
    expect(await store.checkpoints.get('c-1')).toMatchObject({ snapshot: { a: 1 }, position: 1 })
  })
})
