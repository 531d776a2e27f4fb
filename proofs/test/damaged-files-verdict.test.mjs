import { describe, expect, it } from 'vitest'
import { verdictOf } from '../damaged-files/verdict.mjs'

const LEDGER = { a: ['a-new', 'a-done'], b: ['b-new'] }
const RIGHT = { a: { digest: 'a-done' }, b: { digest: 'b-new' } }
const FOUND = { tasks: { digest: 2 }, name: { digest: 'its name' }, quick: { digest: [] }, full: { digest: [] } }

const refused = (code, tookMs = 5) => ({ refused: { code, message: 'why' }, tookMs })
const opened = (readings, found = {}) => ({ readings, found: { ...FOUND, ...found } })
const judge = (expected, answer, isUntouched = true) =>
  verdictOf({ expect: expected }, { answer, isUntouched, ledger: LEDGER })

describe('a damaged file', () => {
  it('may be refused by a name, within a second, and untouched', () => {
    expect(judge('noticed', refused('store.corrupt'))).toEqual({ outcome: 'refused, store.corrupt' })
  })

  it.each([
    ['by no name', refused(null), true, 'without a name'],
    ['as a defect of Holdfast', refused('store.invariant'), true, 'without a name'],
    ['as if it were in use', refused('store.busy'), true, 'without a name'],
    ['late', refused('store.corrupt', 1_001), true, 'after 1001 ms'],
    ['and changed', refused('store.corrupt'), false, 'changed the files'],
  ])('may not be refused %s', (_how, answer, isUntouched, problem) => {
    expect(judge('noticed', answer, isUntouched).problem).toContain(problem)
  })

  it('may not end the process', () => {
    expect(judge('noticed', { ended: 'SIGSEGV', errors: '' }).problem).toContain('SIGSEGV')
  })

  it('may end it only where libsql reads a text that is no UTF-8, which is counted by that name', () => {
    const ended = {
      ended: 'SIGABRT',
      errors: 'libsql-0.9.30/src/value.rs:237:40:\ncalled `Result::unwrap()` on Utf8Error { }',
    }

    expect(judge('content', ended)).toEqual({ outcome: 'the process ended: libsql and a text that is no UTF-8' })
    expect(judge('noticed', ended).problem).toContain('the process ended')
  })

  it('may be opened where everything is read, or an error or the doctor says what is not', () => {
    const missing = { ...RIGHT, b: { digest: null } }

    expect(judge('noticed', { readings: RIGHT })).toEqual({ outcome: 'all read' })
    expect(judge('noticed', opened({ ...RIGHT, b: { error: { code: 'store.corrupt' } } }))).toEqual({
      outcome: 'noticed by reading',
    })
    expect(judge('noticed', opened(missing, { quick: { digest: ['store.corrupt'] } }))).toEqual({
      outcome: 'noticed by the quick check',
    })
    expect(judge('noticed', opened(missing, { full: { digest: ['journal.gap'] } }))).toEqual({
      outcome: 'noticed by the full check',
    })
  })

  it('may not be opened with less in it, and nobody who says so', () => {
    expect(judge('noticed', opened({ ...RIGHT, b: { digest: null } })).problem).toContain('nobody notices')
    const clock = { quick: { digest: ['clock.ahead'] } }
    expect(judge('noticed', opened({ ...RIGHT, b: { digest: null } }, clock)).problem).toContain('nobody notices')
  })

  it('may not be an empty store in its place', () => {
    const nothing = { a: { digest: null }, b: { digest: null } }

    expect(judge('content', opened(nothing, { tasks: { digest: 0 } })).problem).toContain('an empty store')
  })
})

describe('what has lost its WAL', () => {
  it('may be what it was at an earlier commit', () => {
    expect(judge('older', opened({ ...RIGHT, a: { digest: 'a-new' } }))).toEqual({
      outcome: 'an earlier state, unnoticed',
    })
  })

  it('may not be what it never was', () => {
    expect(judge('older', opened({ ...RIGHT, a: { digest: 'something else' } })).problem).toContain('nobody notices')
  })
})

describe('a file without damage', () => {
  it('has to be opened, and read whole', () => {
    expect(judge('whole', { readings: RIGHT })).toEqual({ outcome: 'all read' })
    expect(judge('whole', refused('store.corrupt')).problem).toContain('refused what is whole')
    expect(judge('whole', opened({ ...RIGHT, a: { digest: 'a-new' } })).problem).toContain(
      'acknowledged work is not read',
    )
  })
})

describe('something else in place of the file', () => {
  it('may not be opened', () => {
    expect(judge('refused', { readings: RIGHT }).problem).toContain('opened what is no store')
  })
})
