import { describe, expect, it } from 'vitest'
import { parseIdempotencyKey } from '../src/idempotency-key.js'

describe('an Idempotency-Key header', () => {
  it.each([
    [undefined, undefined],
    ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['  "a b"  ', 'a b'],
    ['"a\\"b\\\\c"', 'a"b\\c'],
    ['"a,b"', 'a,b'],
    ['x'.repeat(255), 'x'.repeat(255)],
  ])('%j names the key %j', (header, key) => {
    expect(parseIdempotencyKey(header)).toBe(key)
  })

  it.each(['', '""', '"', '"a', 'a"b', '"a\\b"', 'a b', 'a, b', '"a", "b"', '"é"', 'é', '"a";p=1', 'x'.repeat(256)])(
    '%j is refused',
    (header) => {
      expect(() => parseIdempotencyKey(header)).toThrow(expect.objectContaining({ code: 'http.idempotency_key' }))
    },
  )
})
