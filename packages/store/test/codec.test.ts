import { deflateSync, inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decodePayload, encodePayload, json, type PayloadCodec } from '../src/codec.js'

const deflate: PayloadCodec = {
  name: 'deflate',
  encode: (raw) => deflateSync(raw),
  decode: (data) => inflateSync(data),
}

const LIMIT = { limitBytes: 1_000_000 }

describe('a payload', () => {
  it.each([null, true, 0, 'text', '', 'Grüße, 日本, 🙂', [1, [2]], { a: { b: null } }])(
    'comes back as it went, plain or through a codec: %j',
    (value) => {
      for (const codec of [json, deflate]) {
        const encoded = encodePayload(value, { codec, ...LIMIT })

        expect(encoded.encoding).toBe(codec.name)
        expect(decodePayload(encoded, [deflate])).toEqual(value)
      }
    },
  )

  it('is readable JSON by default, and base64 of the codec’s bytes otherwise', () => {
    expect(encodePayload({ a: 1 }, LIMIT)).toEqual({ data: '{"a":1}', encoding: 'json', rawBytes: 7 })

    const { data } = encodePayload({ a: 1 }, { codec: deflate, ...LIMIT })
    expect(inflateSync(Buffer.from(data, 'base64')).toString()).toBe('{"a":1}')
  })

  it('is refused when it is nested deeper than the database reads, brackets in texts not counted', () => {
    const nested = (depth: number): unknown => JSON.parse('[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2))
    const harmless = { a: '[{"\\'.repeat(2_000), b: Array.from({ length: 2_000 }, () => [{}]) }

    for (const codec of [json, deflate]) {
      expect(decodePayload(encodePayload(nested(1_000), { codec, ...LIMIT }), [codec])).toEqual(nested(1_000))
      expect(decodePayload(encodePayload(harmless, { codec, ...LIMIT }), [codec])).toEqual(harmless)
      for (const depth of [1_002, 20_000]) {
        expect(() => encodePayload(nested(depth), { codec, ...LIMIT })).toThrow(
          expect.objectContaining({ code: 'input.invalid' }),
        )
      }
    }
  })

  it('of a megabyte goes through a codec', () => {
    const value = 'x'.repeat(900_000)

    expect(decodePayload(encodePayload(value, { codec: deflate, ...LIMIT }), [deflate])).toBe(value)
  })

  it('is measured in UTF-8 before the codec makes it smaller', () => {
    const value = 'ü'.repeat(500)

    expect(encodePayload(value, { codec: deflate, limitBytes: 1_002 }).rawBytes).toBe(1_002)
    expect(() => encodePayload(value, { codec: deflate, limitBytes: 1_001 })).toThrow(
      expect.objectContaining({ code: 'input.too_large', details: { bytes: 1_002, limitBytes: 1_001 } }),
    )
  })

  it.each([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a bigint', 1n],
  ])('is refused when JSON cannot hold it: %s', (_, value) => {
    expect(() => encodePayload(value, LIMIT)).toThrow(expect.objectContaining({ code: 'input.invalid' }))
  })

  it('is refused when it holds a cycle', () => {
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle

    expect(() => encodePayload(cycle, LIMIT)).toThrow(expect.objectContaining({ code: 'input.invalid' }))
  })

  it('under a codec that nobody gave is refused by its name', () => {
    const encoded = encodePayload({}, { codec: deflate, ...LIMIT })

    expect(() => decodePayload(encoded)).toThrow(
      expect.objectContaining({ code: 'input.invalid', details: { encoding: 'deflate' } }),
    )
  })

  it('whose row was damaged is called so', () => {
    const cut = { data: '{"a":"b', encoding: json.name }
    const noText: PayloadCodec = { ...json, name: 'plain', decode: () => new Uint8Array([0xff]) }

    expect(() => decodePayload(cut)).toThrow(expect.objectContaining({ code: 'store.corrupt' }))
    expect(() => decodePayload({ data: '', encoding: 'plain' }, [noText])).toThrow(
      expect.objectContaining({ code: 'store.corrupt' }),
    )
  })

  it('that was written as JSON stays readable beside a codec', () => {
    expect(decodePayload(encodePayload([1], LIMIT), [deflate])).toEqual([1])
  })
})
