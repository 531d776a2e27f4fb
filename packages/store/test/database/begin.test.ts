import { describe, expect, it } from 'vitest'
import { beginImmediate, retryWhileBusy } from '../../src/sqlite/begin.js'
import { MEMORY } from '../../src/sqlite/location.js'

const busy = (): Error => Object.assign(new Error('database is locked'), { rawCode: 5 })

describe('waiting for the write lock', () => {
  it('tries until it gets it', () => {
    let tries = 0
    const answer = retryWhileBusy(5_000, () => {
      tries += 1
      if (tries < 4) throw busy()
      return 'mine'
    })

    expect(answer).toBe('mine')
    expect(tries).toBe(4)
  })

  it('ends after its time with the cause, having tried more than once', () => {
    let tries = 0
    const attempt = (): never => {
      tries += 1
      throw busy()
    }

    expect(() => retryWhileBusy(20, attempt)).toThrow(
      expect.objectContaining({ code: 'store.busy', retryable: true, details: { waitedMs: 20 } }),
    )
    expect(tries).toBeGreaterThan(1)
  })

  it('tries once when there is no time at all', () => {
    const said: string[] = []

    beginImmediate({ path: MEMORY, exec: (sql) => void said.push(sql) }, 0)

    expect(said).toEqual(['BEGIN IMMEDIATE'])
  })

  it('does not wait for anything but a lock', () => {
    let tries = 0

    expect(() =>
      retryWhileBusy(5_000, () => {
        tries += 1
        throw Object.assign(new Error('disk I/O error'), { rawCode: 10 })
      }),
    ).toThrow('disk I/O error')
    expect(tries).toBe(1)
  })
})
