import { kindOfError, PacedLog } from '@holdfast/engine/app'
import { describe, expect, it } from 'vitest'

const paced = () => {
  let nowMs = 0
  const lines: object[] = []
  const note = (facts: object, message: string): void => void lines.push({ ...facts, message })
  const log = new PacedLog({ warn: note, error: note }, () => nowMs)
  return { log, lines, advance: (ms: number) => (nowMs += ms) }
}

describe('a paced log', () => {
  it('tells of trouble at once, and of the same again only after half a minute, with how often it was met', () => {
    const { log, lines, advance } = paced()

    for (let i = 0; i < 1_000; i += 1) log.error('claim store.disk_full', { i }, 'failed')
    advance(29_999)
    log.error('claim store.disk_full', { i: 1_000 }, 'failed')
    advance(1)
    log.error('claim store.disk_full', { i: 1_001 }, 'failed')

    expect(lines).toEqual([
      { i: 0, message: 'failed' },
      { i: 1_001, repeated: 1_000, message: 'failed' },
    ])
  })

  it('holds back nothing of another kind', () => {
    const { log, lines } = paced()

    log.warn('settle store.disk_full', {}, 'failed')
    log.warn('claim store.disk_full', {}, 'failed')
    log.warn('claim store.io', {}, 'failed')

    expect(lines).toHaveLength(3)
  })

  it('remembers a bounded number of kinds', () => {
    const { log, lines } = paced()

    for (let i = 0; i < 1_000; i += 1) log.warn(`kind ${i}`, {}, 'failed')
    log.warn('kind 999', {}, 'failed')
    log.warn('kind 0', {}, 'failed')

    expect(lines).toHaveLength(1_001)
  })
})

describe('the kind of an error', () => {
  it.each([
    [Object.assign(new Error('x'), { code: 'store.io' }), 'store.io'],
    [new TypeError('x'), 'TypeError'],
    ['text', 'string'],
    [null, 'object'],
  ])('is its code, or its class: %s', (error, kind) => {
    expect(kindOfError(error)).toBe(kind)
  })
})
