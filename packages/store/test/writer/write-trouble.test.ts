import { describe, expect, it } from 'vitest'
import type { Verdict } from '@holdfast/store'
import { WriteTroubleWatch } from '../../src/sqlite/writer/write-trouble.js'

const granted: Verdict<unknown> = { ok: true, value: null }
const refused = (code: string): Verdict<unknown> => ({ ok: false, refusal: { code, message: code, details: {} } })
const ran = (verdicts: readonly Verdict<unknown>[], { wrote = false } = {}) => ({
  verdicts,
  groupSize: verdicts.length,
  ranAlone: false,
  wrote,
})

const watch = () => {
  let nowMs = 1_000
  const found = new WriteTroubleWatch({ nowMs: () => nowMs, monotonicMs: () => nowMs })
  return { found, later: () => (nowMs += 1_000) }
}

describe('the trouble of a store', () => {
  it.each(['store.disk_full', 'store.io'])('begins with the first write that the disk refuses: %s', (code) => {
    const { found, later } = watch()

    found.ran(ran([granted, refused(code)], { wrote: true }))
    later()
    found.ran(ran([refused(code)]))

    expect(found.current).toEqual({ code, sinceMs: 1_000 })
  })

  it('ends with the next commit that reaches the disk', () => {
    const { found } = watch()
    found.ran(ran([refused('store.disk_full')]))

    found.ran(ran([granted], { wrote: true }))

    expect(found.current).toBeUndefined()
  })

  it('outlasts a group that had nothing to change, and one whose outcome nobody knows', () => {
    const { found } = watch()
    found.ran(ran([refused('store.disk_full')]))

    found.ran(ran([granted]))
    found.ran(ran([refused('store.outcome_unknown')], { wrote: true }))

    expect(found.current).toMatchObject({ code: 'store.disk_full' })
  })

  it('is none where a caller was refused for reasons of his own', () => {
    const { found } = watch()

    found.ran(ran([refused('lease.lost'), refused('store.busy')]))

    expect(found.current).toBeUndefined()
  })
})
