import { describe, it } from 'vitest'
import { ROWS } from '../support/rows.mjs'
import { expectFigures, runQuickly, skipWhere } from './quick-run.mjs'

/** Those have a file of their own. */
const BESIDE_THE_LIMIT = ['callers', 'enqueue', 'checkpoints']

describe.each(ROWS.filter((name) => !BESIDE_THE_LIMIT.includes(name)))('the benchmark row %s', (name) => {
  it('runs and names machine, driver and durability beside each figure', { timeout: 120_000 }, async (context) => {
    const result = await runQuickly(name)
    skipWhere(context, result, () => result.figures.length === 0)

    expectFigures(result, name)
  })
})
