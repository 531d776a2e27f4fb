import { describe, expect, it } from 'vitest'
import { expectFigures, runQuickly, skipWhere } from './quick-run.mjs'

describe.each(['callers', 'enqueue', 'checkpoints'])('the benchmark row %s', (name) => {
  let result

  it('runs and names machine, driver and durability beside each figure', { timeout: 120_000 }, async (context) => {
    result = await runQuickly(name)
    skipWhere(context, result, () => result.figures.length === 0)

    expectFigures(result, name)
  })

  it('stands beside what C does with the statements that the store sends today', (context) => {
    skipWhere(context, result, ({ what }) => what === 'the C limit')
    skipWhere(context, result, () => result.figures.length === 0)

    const [figure] = result.figures
    expect(figure).toMatchObject({ limit: expect.any(Number), ratio: expect.any(Number), limitSqlite: '3.45.1' })
  })
})
