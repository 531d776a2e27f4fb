import { describe, expect, it } from 'vitest'
import { join } from 'node:path'
import { PROOFS } from '../support/rows.mjs'
import { runQuickly } from '../support/run-row.mjs'
import { missingTools } from '../support/tools.mjs'

/** The same in every run: a test that fails once fails again. Other seeds are for `npm run proofs`. */
const SEED = 1

/**
 * The tests of a row: it holds at quick size, and catches its mistakes.
 *
 * @param {import('../support/rows.mjs').Row} row
 * @param {{ timeoutMs?: number, mistakes?: readonly string[] }} [options] `timeoutMs`: for each of them. `mistakes`: those
 * that are shown here, where all would take minutes; `npm run proofs` shows every one.
 */
export const proveQuickly = (
  row,
  { timeoutMs = 30_000, mistakes: shown = row.mistakes.map(({ name }) => name) } = {},
) => {
  describe(`the proof ${row.name}`, () => {
    it(`holds: ${row.title}`, { timeout: timeoutMs }, async (context) => {
      skipWithoutTools(row, context)

      const { done, passed, violations } = await runQuickly(row, {
        seed: SEED,
        failures: join(PROOFS, 'failures', row.name),
      })

      expect({ violations, done, passed }).toEqual({ violations: [], done: true, passed: true })
    })

    it.for(shown.map((name) => [name, mistakeNamed(row, name)]))(
      'catches the mistake: %s',
      { timeout: timeoutMs },
      async ([, mistake], context) => {
        skipWithoutTools(row, context)

        const { passed, violations } = await runQuickly(row, { mistake, seed: SEED })

        expect(passed).toBe(false)
        expect(violations).not.toEqual([])
      },
    )
  })
}

const mistakeNamed = (row, name) => {
  const mistake = row.mistakes.find((each) => each.name === name)
  if (!mistake) throw new Error(`${row.name} has no mistake ${name}`)
  return mistake
}

const skipWithoutTools = (row, context) => {
  const missing = missingTools(row.needs ?? [])
  if (missing.length > 0) context.skip(`${row.name} needs ${missing.join(', ')}`)
}
