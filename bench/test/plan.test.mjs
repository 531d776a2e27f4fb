import { describe, expect, it } from 'vitest'
import { planOf, statementsOf } from '../limit/plan.mjs'

const control = (sql) => ({ sql, control: true })
const statement = (sql, { params = [], found = 0, cells = [] } = {}) => ({ sql, params, found, cells })
const transaction = (...statements) => [control('BEGIN IMMEDIATE'), ...statements, control('COMMIT')]

describe('the statements of an operation', () => {
  const own = statement('update one')

  it('are what it runs inside its transaction, without what is written once per group', () => {
    const look = statement('SELECT total_changes() AS n')
    const marker = statement('INSERT INTO store_properties (name, value) VALUES (?, ?)')

    expect(statementsOf(transaction(own, look, marker, look))).toEqual([own])
  })

  it('leave out savepoints, and what runs after the commit', () => {
    const log = [...transaction(control('SAVEPOINT a'), own, control('RELEASE a')), statement('look after the WAL')]

    expect(statementsOf(log)).toEqual([own])
  })

  it('are refused where there are none', () => {
    expect(() => statementsOf(transaction(statement('SELECT total_changes() AS n')))).toThrow('no statement of its own')
  })
})

describe('a plan', () => {
  const claim = (id, token) =>
    statement('select', {
      found: 1,
      cells: [
        [0, id],
        [1, token],
      ],
    })
  const cycle = (nowMs, ...statements) => ({ statements, nowMs, fresh: [] })
  const linesOf = (operations) => planOf(operations).trimEnd().split('\n')

  /** Where the parameters of an update come from that follows a claim of item `a`, token 23, then of `b`, token 37. */
  const sourcesOf = (first, second) =>
    linesOf([
      { name: 'claim', once: false, cycles: [cycle(0, claim('item-a', 23)), cycle(0, claim('item-b', 37))] },
      {
        name: 'update',
        once: false,
        cycles: [
          cycle(1_000, statement('update', { params: [first] })),
          cycle(2_000, statement('update', { params: [second] })),
        ],
      },
    ]).slice(4)

  it('keeps a parameter that never changes', () => {
    expect(sourcesOf('default', 'default')).toEqual(['text\tdefault'])
    expect(sourcesOf(null, null)).toEqual(['null'])
    expect(sourcesOf(3, 3)).toEqual(['integer\t3'])
  })

  it('takes a time from the clock, however far ahead', () => {
    expect(sourcesOf(31_000, 32_000)).toEqual(['now\t30000'])
  })

  it('takes what an earlier row held from that row', () => {
    expect(sourcesOf('item-a', 'item-b')).toEqual(['cell\t0\t0\t0'])
    expect(sourcesOf(23, 37)).toEqual(['cell\t0\t1\t0'])
  })

  it('takes a token that rose by one from the row before it', () => {
    expect(sourcesOf(24, 38)).toEqual(['cell\t0\t1\t1'])
  })

  it('takes a text apart that is made of several', () => {
    expect(sourcesOf('[{"id":"item-a"}]', '[{"id":"item-b"}]')).toEqual([
      'join\t5',
      'text\t[{"',
      'text\tid',
      'text\t":"',
      'cell\t0\t0\t0',
      'text\t"}]',
    ])
  })

  it('takes new ids from where the store takes them', () => {
    const recorded = (id) => ({ statements: [statement('insert', { params: [id] })], nowMs: 0, fresh: ['other', id] })

    expect(linesOf([{ name: 'add', once: false, cycles: [recorded('x'), recorded('y')] }])).toContain('fresh\t1')
  })

  it('is refused where a parameter comes from nowhere, and never guesses', () => {
    expect(() => sourcesOf('one', 'two')).toThrow('comes from nowhere')
  })

  it('is refused where the second recording ran other statements', () => {
    const cycles = [cycle(0, statement('select')), cycle(0, statement('delete'))]

    expect(() => planOf([{ name: 'odd', once: false, cycles }])).toThrow('ran other statements')
  })
})
