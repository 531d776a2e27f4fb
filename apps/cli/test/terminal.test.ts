import { describe, expect, it } from 'vitest'
import { printable, table, time } from '../src/terminal.js'

describe('text of foreign origin', () => {
  it('can neither move the cursor nor ring nor reverse what is read', () => {
    expect(printable('a\u001b[2Jb\rc\nd\u0007e\u009bf\u202eg')).toBe('a\uFFFD[2Jb\uFFFDc\uFFFDd\uFFFDe\uFFFDf\uFFFDg')
  })

  it('keeps every letter of every script', () => {
    expect(printable('ä 漢字 😀 عربى')).toBe('ä 漢字 😀 عربى')
  })
})

describe('a table', () => {
  it('has columns of equal width and no blanks at the ends of lines', () => {
    expect(
      table([
        ['ID', 'STATE', ''],
        ['long-id', 'x', ''],
      ]),
    ).toEqual(['ID       STATE', 'long-id  x'])
  })

  it('takes rows of different lengths, and none', () => {
    expect(table([['a'], ['b', 'c']])).toEqual(['a', 'b  c'])
    expect(table([])).toEqual([])
  })

  it('makes its cells safe to print', () => {
    expect(table([['a\u001b[2J']])).toEqual(['a\uFFFD[2J'])
  })
})

describe('a time', () => {
  it('is in UTC, to the second', () => {
    expect(time(Date.UTC(2026, 2, 1, 12, 30, 5, 900))).toBe('2026-03-01 12:30:05')
    expect(time(null)).toBe('-')
  })
})
