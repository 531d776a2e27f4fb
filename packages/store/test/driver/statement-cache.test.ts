import { describe, expect, it } from 'vitest'
import type { NativeStatement } from '../../src/sqlite/driver/native.js'
import { StatementCache } from '../../src/sqlite/driver/statement-cache.js'

const openCache = (capacity: number): { cache: StatementCache; prepared: string[] } => {
  const prepared: string[] = []
  const cache = new StatementCache(capacity, (sql) => {
    prepared.push(sql)
    const native: NativeStatement = {
      returnsRows: true,
      run: () => ({ changes: 0, lastInsertRowid: 0 }),
      all: () => [],
      arrays: () => [],
      first: () => undefined,
    }
    return { text: { parameters: 0, writes: false }, native }
  })
  return { cache, prepared }
}

describe('the cache of prepared statements', () => {
  it('prepares one text once', () => {
    const { cache, prepared } = openCache(2)

    expect(cache.get('a')).toBe(cache.get('a'))
    expect(prepared).toEqual(['a'])
  })

  it('never holds more than its capacity, of 100,000 texts', () => {
    const { cache } = openCache(500)

    for (let n = 0; n < 100_000; n += 1) cache.get(`select ${n}`)

    expect(cache.size).toBe(500)
  })

  it('takes the library’s statement away from what falls out', () => {
    const { cache } = openCache(1)
    const first = cache.get('a')

    cache.get('b')

    expect(first.native).toBeUndefined()
  })

  it('keeps what is in use when something must go', () => {
    const { cache, prepared } = openCache(2)
    const used = cache.get('used')
    cache.get('idle')
    cache.nativeOf(used)

    cache.get('new')

    expect(cache.get('used')).toBe(used)
    expect(prepared).toEqual(['used', 'idle', 'new'])
  })

  it('prepares again what fell out and is used', () => {
    const { cache, prepared } = openCache(1)
    const first = cache.get('a')
    cache.get('b')

    cache.nativeOf(first)

    expect(prepared).toEqual(['a', 'b', 'a'])
    expect(cache.size).toBe(1)
  })

  it('lets go of every statement when the connection closes', () => {
    const { cache } = openCache(2)
    const statements = [cache.get('a'), cache.get('b')]

    cache.clear()

    expect(statements.map((statement) => statement.native)).toEqual([undefined, undefined])
    expect(cache.size).toBe(0)
  })
})
