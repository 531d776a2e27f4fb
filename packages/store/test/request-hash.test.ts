import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, requestHash, sha256 } from '../src/request-hash.js'

describe('canonical JSON', () => {
  it('sorts members at every depth, and leaves lists in their order', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }, 'x'], a: { z: null, y: true } })).toBe(
      '{"a":{"y":true,"z":null},"b":[{"c":2,"d":1},"x"]}',
    )
  })

  it('sorts by UTF-16 code units, as RFC 8785 does', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6']

    expect(canonicalJson(Object.fromEntries(names.map((name) => [name, 0])))).toBe(
      '{"\\r":0,"1":0,"\u0080":0,"\u00f6":0,"\u20ac":0,"\ud83d\ude00":0,"\ufb33":0}',
    )
  })

  it('writes numbers as ECMAScript does, and no negative zero', () => {
    expect(canonicalJson([333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, 1e21, 100, -0])).toBe(
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,1e+21,100,0]',
    )
  })

  it('tells apart texts that only look alike: nothing is normalised', () => {
    expect(canonicalJson('\u00e9')).not.toBe(canonicalJson('e\u0301'))
  })

  it('leaves out members that are undefined, as JSON does', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe(canonicalJson({ b: 1 }))
  })

  it('takes a value by its toJSON', () => {
    expect(canonicalJson({ at: new Date(0) })).toBe('{"at":"1970-01-01T00:00:00.000Z"}')
  })

  it.each([
    ['NaN', Number.NaN],
    ['Infinity', { a: Number.POSITIVE_INFINITY }],
    ['a function', { a: () => 0 }],
    ['a symbol', Symbol('x')],
    ['a bigint', [1n]],
    ['undefined', undefined],
    ['undefined in a list', [undefined]],
  ])('refuses %s: input.invalid', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: 'input.invalid' }))
  })

  it('is JSON of the same value, whatever order its members came in', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value)
        // -0 is 0 in JSON.
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(reversed(JSON.parse(text)))).toBe(text)
      }),
    )
  })
})

/** The same value with its members in the opposite order. */
const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
    .reverse()
    .map(([name, member]) => [name, reversed(member)])
  return Object.fromEntries(members)
}

describe('a request’s hash', () => {
  it('is the whole SHA-256 of the canonical JSON', async () => {
    const expected = createHash('sha256').update('{"a":1,"b":"ü"}').digest('hex')

    expect(await requestHash({ b: 'ü', a: 1 })).toBe(`sha256:${expected}`)
    expect(await sha256(new TextEncoder().encode('{"a":1,"b":"ü"}'))).toBe(`sha256:${expected}`)
  })

  it('is refused for what has no end, or is too deep to read', async () => {
    const circle: { inside?: unknown } = {}
    circle.inside = circle
    const tooDeep = JSON.parse('['.repeat(1_001) + ']'.repeat(1_001)) as unknown

    for (const request of [circle, tooDeep])
      await expect(requestHash(request)).rejects.toMatchObject({ code: 'input.invalid' })
  })
})
