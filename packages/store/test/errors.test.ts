import { readFileSync } from 'node:fs'
import { REFUSAL_CODES } from '@holdfast/schema'
import { describe, expect, it } from 'vitest'
import { errorCodes, errorOf, refusalOf, StoreError } from '../src/errors.js'

interface Described {
  readonly code: string
  readonly meaning: string
  readonly retryable: boolean
  readonly advice: string
}

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')

/** What stands under a heading of the page. */
const sectionOf = (heading: string): string => page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''

/** The rows of the tables under "The store". */
const described = (): readonly Described[] => {
  const rows = sectionOf('The store').matchAll(/^\| `([^`]+)` \| (.+) \| (yes|no) \| (.+) \|$/gm)
  return Array.from(rows, ([, code = '', meaning = '', retryable, advice = '']) => ({
    code,
    meaning,
    retryable: retryable === 'yes',
    advice,
  }))
}

describe('the table of error codes', () => {
  it('describes every code, each once', () => {
    const codes = described().map(({ code }) => code)

    expect(codes.length).toBeGreaterThan(40)
    expect([...codes].sort()).toEqual(errorCodes())
  })

  it('says of each whether the same call may succeed later', () => {
    const asDefined = (code: string): boolean => errorOf({ code, message: '', details: {} }).retryable

    for (const { code, retryable } of described())
      expect({ code, retryable }).toEqual({ code, retryable: asDefined(code) })
  })

  it('says of each what to do', () => {
    for (const { advice } of described()) expect(advice).toMatch(/^[A-Z].*\.$/)
  })
})

describe('the table of what the database says', () => {
  it('has every code of the triggers that callers of the store never meet', () => {
    const rows = sectionOf('What the database says to plain SQL').matchAll(/^\| `([^`]+)` \|/gm)

    const known = errorCodes()
    expect(Array.from(rows, ([, code]) => code)).toEqual(REFUSAL_CODES.filter((code) => !known.includes(code)))
  })
})

describe('a store error', () => {
  it.each(errorCodes())('%s crosses a thread as data and comes back as its class', (code) => {
    const refusal = { code, message: 'why', details: { id: 'x', at: 1 } }

    const error = errorOf(refusal)

    expect(error).toBeInstanceOf(StoreError)
    expect(error.name).toMatch(/Error$/)
    expect(error.name).not.toBe('StoreError')
    expect(error).toMatchObject({ code, message: 'why', details: { id: 'x', at: 1 } })
    expect(refusalOf(error)).toEqual(refusal)
  })

  it('of a code that nobody defined keeps its code', () => {
    const error = errorOf({ code: 'memory.version_conflict', message: 'why', details: {} })

    expect(error).toMatchObject({ code: 'memory.version_conflict', retryable: false })
  })

  it('keeps its cause', () => {
    const cause = new Error('the driver said so')

    expect(errorOf({ code: 'store.io', message: 'why', details: {} }, { cause }).cause).toBe(cause)
  })
})
