import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { EXIT } from '../support/command.mjs'
import { countingRow, fails, holds, surroundingsOf } from './framework-surroundings.mjs'

describe('npm run proofs', () => {
  it('proves what is missing, keeps the result with seed, commit, sources and machine, and writes the report', async () => {
    const { run, result, report } = surroundingsOf(countingRow())

    expect(await run('--seed', '7')).toBe(EXIT.proved)

    expect(result()).toMatchObject({
      row: 'counting',
      passed: true,
      seeds: [7],
      commit: 'abc',
      sources: { product: 'the product', proof: 'the proof' },
      machine: { driver: 'libsql', sqliteVersion: '3.45.1' },
      load: { numbers: 10 },
      reached: { numbers: 10 },
      mistakes: [{ name: 'a number left out', caught: true, by: '3 follows on 1' }],
    })
    expect(report()).toContain('1 of 1 rows proved; 1 of 1 seeded mistakes caught.')
  })

  it('says the seed first', async () => {
    const { run, printed } = surroundingsOf(countingRow())

    await run('--seed', '7')

    expect(printed[0]).toBe('counting: seed 7')
  })

  it('leaves alone what is proved, and proves it again when it is named', async () => {
    const prove = vi.fn(async () => holds(10))
    const { run } = surroundingsOf(countingRow({ prove }))
    await run()

    expect(await run()).toBe(EXIT.proved)
    expect(prove).toHaveBeenCalledTimes(1)

    await run('counting')
    expect(prove).toHaveBeenCalledTimes(2)
  })

  it.each([
    [
      'sources of the product',
      (around) => Object.assign(around, { sources: { product: 'another', proof: 'the proof' } }),
    ],
    [
      'sources of the proof',
      (around) => Object.assign(around, { sources: { product: 'the product', proof: 'other' } }),
    ],
  ])('proves again what was proved on other %s', async (_what, change) => {
    const prove = vi.fn(async () => holds(10))
    const { run, around } = surroundingsOf(countingRow({ prove }))
    await run()

    change(around)
    await run()

    expect(prove).toHaveBeenCalledTimes(2)
  })

  it('proves again what was proved at another load, and what failed', async () => {
    const larger = countingRow({ loads: { full: { numbers: 11 }, quick: { numbers: 2 } } })
    const { run, around, result } = surroundingsOf(countingRow({ prove: async () => fails('7 follows on 5') }))
    await run()
    expect(result().passed).toBe(false)

    around.rows = async () => [countingRow()]
    await run()
    expect(result()).toMatchObject({ passed: true, load: { numbers: 10 } })

    around.rows = async () => [larger]
    await run()
    expect(result()).toMatchObject({ passed: true, load: { numbers: 11 } })
  })

  it('runs a row that is opt-in only when it is named', async () => {
    const { run, result } = surroundingsOf(countingRow({ optIn: true }))

    await run()
    expect(result()).toBeUndefined()

    await run('counting')
    expect(result()).toMatchObject({ passed: true })
  })

  it('ends badly when a row fails, says how to run it again, and keeps the evidence', async () => {
    const prove = async ({ keep }) => {
      keep('dump.txt', 'what was there')
      return fails('7 follows on 5')
    }
    const { run, printed, result, around } = surroundingsOf(countingRow({ prove }))

    expect(await run('--seed', '7')).toBe(EXIT.failed)

    expect(printed).toContain('counting: 7 follows on 5')
    expect(printed).toContain('replay: npm run proofs -- counting --seed 7')
    expect(result()).toMatchObject({ passed: false, violationsFound: 1, violations: [{ what: '7 follows on 5' }] })
    expect(readFileSync(join(around.failures, 'counting/dump.txt'), 'utf8')).toBe('what was there')
    expect(readFileSync(join(around.failures, 'counting/outcome.json'), 'utf8')).toContain('7 follows on 5')
  })

  it('ends badly when a mistake is not caught, however well the product does', async () => {
    const mistakes = [{ name: 'a number left out', prove: async () => holds(2) }]
    const { run, printed, result, report } = surroundingsOf(countingRow({ mistakes }))

    expect(await run()).toBe(EXIT.failed)

    expect(printed).toContain('counting: NOT caught: a number left out')
    expect(result().passed).toBe(false)
    expect(report()).toContain('0 of 1 seeded mistakes caught')
  })

  it('fails a row that says it is through, and did less than it was asked for', async () => {
    const { run, result } = surroundingsOf(countingRow({ prove: async () => holds(9) }))

    expect(await run()).toBe(EXIT.failed)

    expect(result().violations).toEqual([{ what: 'numbers: 10 asked, 9 reached' }])
  })

  it('ends badly when a row throws, and runs the others', async () => {
    const breaks = async () => {
      throw new Error('no such file')
    }
    const { run, printed, result } = surroundingsOf(countingRow({ prove: breaks }), countingRow({ name: 'other' }))

    expect(await run()).toBe(EXIT.failed)

    expect(printed.join()).toContain('counting: could not be run: Error: no such file')
    expect(result()).toBeUndefined()
    expect(result('other').passed).toBe(true)
  })

  it('keeps no result of sources that changed while it ran', async () => {
    const of = surroundingsOf()
    const prove = async () => {
      of.around.sources = { product: 'another', proof: 'the proof' }
      return holds(10)
    }
    of.around.rows = async () => [countingRow({ prove })]

    expect(await of.run()).toBe(EXIT.unfinished)

    expect(of.result()).toBeUndefined()
    expect(of.unfinished()).toBeUndefined()
    expect(of.printed.join()).toContain('the sources changed while it ran')
  })

  it('names the Debian package of a tool that is missing, and installs nothing', async () => {
    const { run, printed, around, result } = surroundingsOf(countingRow({ needs: ['spin'] }))
    around.missing = () => ['spin (Debian package spin)']

    expect(await run()).toBe(EXIT.unfinished)

    expect(printed).toContain('counting: skipped, it needs spin (Debian package spin)')
    expect(result()).toBeUndefined()
  })

  it('refuses rows and options that there are not, and says which there are', async () => {
    const { run, printed } = surroundingsOf(countingRow())

    expect(await run('cuonting')).toBe(EXIT.usage)
    expect(printed.at(-1)).toContain('there is no proof cuonting; there are: counting')

    expect(await run('--sede', '7')).toBe(EXIT.usage)
    expect(printed.at(-1)).toContain('--sede')

    expect(await run('--seed', 'seven')).toBe(EXIT.usage)
    expect(printed.at(-1)).toContain('--seed is an integer, not seven')

    expect(await run('--minutes', '0')).toBe(EXIT.usage)
    expect(printed.at(-1)).toContain('--minutes is a number above 0, not 0')
  })

  it('lists where each row stands', async () => {
    const { run, printed, around } = surroundingsOf(countingRow())

    await run('--list')
    expect(printed.at(-1)).toMatch(/^counting {2}missing +Numbers follow/)

    await run()
    await run('--list')
    expect(printed.at(-1)).toMatch(/^counting {2}proved/)

    around.sources = { product: 'another', proof: 'the proof' }
    await run('--list')
    expect(printed.at(-1)).toMatch(/^counting {2}stale/)
  })

  it('keeps nothing of a quick run but its verdict', async () => {
    const { run, result, around } = surroundingsOf(countingRow())

    expect(await run('counting', '--quick')).toBe(EXIT.proved)

    expect(result()).toBeUndefined()
    expect(existsSync(around.pages.report)).toBe(false)
  })

  it('ends badly when a quick run fails, or is not through', async () => {
    const failing = surroundingsOf(countingRow({ prove: async () => fails('7 follows on 5') }))
    expect(await failing.run('counting', '--quick')).toBe(EXIT.failed)

    const unready = surroundingsOf(countingRow({ prove: async () => ({ ...holds(1), done: false }) }))
    expect(await unready.run('counting', '--quick')).toBe(EXIT.failed)
  })
})

describe('a run that ends early', () => {
  /** Counts one at a call, and remembers how far it came. */
  const slowly = (around, seen) => async (context) => {
    const at = (context.state?.at ?? 0) + 1
    seen.push([context.seed, at])
    await context.save({ at })
    around.nowMs += 60_000
    return at < context.load.numbers ? { ...holds(at), done: false } : holds(at)
  }

  it('is gone on with by the same command, with its own seed, until it is through', async () => {
    const seen = []
    const of = surroundingsOf()
    of.around.rows = async () => [countingRow({ prove: slowly(of.around, seen) })]

    expect(await of.run('--minutes', '4', '--seed', '7')).toBe(EXIT.unfinished)
    expect(of.result()).toBeUndefined()
    expect(of.printed.at(-1)).toBe('counting: the time is up; npm run proofs -- counting goes on')

    expect(await of.run('--minutes', '4')).toBe(EXIT.unfinished)
    expect(await of.run('--minutes', '4')).toBe(EXIT.proved)

    expect(seen).toEqual(Array.from({ length: 10 }, (_, index) => [7, index + 1]))
    expect(of.result()).toMatchObject({ passed: true, seeds: [7], minutes: 10 })
    expect(of.unfinished()).toBeUndefined()
  })

  it('stops where it is when it is told to, and goes on later', async () => {
    const seen = []
    const of = surroundingsOf()
    of.around.isStopped = () => seen.length === 3
    const prove = slowly(of.around, seen)
    of.around.rows = async () => [countingRow({ prove }), countingRow({ name: 'other' })]

    expect(await of.run()).toBe(EXIT.unfinished)
    expect(seen.length).toBe(3)
    expect(of.result('other')).toBeUndefined()
    expect(await of.run()).toBe(EXIT.unfinished)

    of.around.isStopped = () => false
    await of.run()
    expect(seen.map(([, at]) => at)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  it('proves each mistake once', async () => {
    const mistake = vi.fn(async () => fails('3 follows on 1'))
    const of = surroundingsOf()
    const mistakes = [{ name: 'a number left out', prove: mistake }]
    of.around.rows = async () => [countingRow({ mistakes, prove: slowly(of.around, []) })]

    await of.run('--minutes', '4')
    await of.run('--minutes', '40')

    expect(of.result().passed).toBe(true)
    expect(mistake).toHaveBeenCalledTimes(1)
  })

  it('goes on from what was saved last when it was killed', async () => {
    const of = surroundingsOf()
    const dies = async ({ save }) => {
      await save({ at: 8 })
      throw new Error('killed')
    }
    of.around.rows = async () => [countingRow({ prove: dies })]
    expect(await of.run()).toBe(EXIT.failed)
    expect(of.unfinished().parts.product).toEqual({ state: { at: 8 } })

    const seen = []
    of.around.rows = async () => [countingRow({ prove: slowly(of.around, seen) })]
    await of.run()

    expect(seen.map(([, at]) => at)).toEqual([9, 10])
  })

  it.each([
    [
      'the sources changed',
      (around) => Object.assign(around, { sources: { product: 'another', proof: 'the proof' } }),
      [],
    ],
    ['another seed is asked for', () => undefined, ['--seed', '8']],
  ])('begins anew when %s', async (_why, change, args) => {
    const seen = []
    const of = surroundingsOf()
    of.around.rows = async () => [countingRow({ prove: slowly(of.around, seen) })]
    await of.run('--minutes', '4', '--seed', '7')

    change(of.around)
    await of.run('--minutes', '1', ...args)

    expect(seen.at(-1)[1]).toBe(1)
  })

  it('fails as soon as something is found, without the rest of the load', async () => {
    const { run, result } = surroundingsOf(
      countingRow({ prove: async () => ({ ...fails('7 follows on 5'), done: false }) }),
    )

    expect(await run()).toBe(EXIT.failed)
    expect(result().passed).toBe(false)
  })
})

describe('npm run proofs -- --report', () => {
  const PAGE = `Before.

<!-- rows by promise: npm run proofs -- --report -->
of yesterday
<!-- end of rows by promise -->
Between.
<!-- last full run: npm run proofs -- --report -->
of yesterday
<!-- end of last full run -->

After.
`

  it('writes the tables of the page anew, and nothing else of it', async () => {
    const { run, around } = surroundingsOf(countingRow(), countingRow({ name: 'other' }))
    await run('counting', '--seed', '7')
    writeFileSync(around.pages.docs, PAGE)

    await run('--report')

    const page = readFileSync(around.pages.docs, 'utf8')
    expect(page).toMatch(/^Before\./)
    expect(page).toContain('| P3 | `counting`, `other` |')
    expect(page).toContain('Between.')
    expect(page).toMatch(/After\.\n$/)
    expect(page).toContain('| counting | P3 | holds | numbers 10 | 1 of 1 | 7 |')
    expect(page).toContain('| other | P3 | not run yet |')
    expect(page).not.toContain('of yesterday')
    await run('--report')
    expect(readFileSync(around.pages.docs, 'utf8')).toBe(page)
  })

  it('says what is wrong with a page that has no place for a table', async () => {
    const { run, around } = surroundingsOf(countingRow())
    writeFileSync(around.pages.readme, 'no place')

    await expect(run('--report')).rejects.toThrow('the page has no place for rows')
  })

  it('says when the rows were proved on different states of the product', async () => {
    const { run, around, report } = surroundingsOf(countingRow(), countingRow({ name: 'other' }))
    await run('counting')
    expect(report()).toContain('All results are of the same product sources.')

    around.sources = { product: 'another', proof: 'the proof' }
    await run('other')

    expect(report()).toContain("**2 different states of the product's sources**")
  })
})
