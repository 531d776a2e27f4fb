import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { crashExplorer } from '../src/crash/index.js'

// The rest of what it does is in crash-explorer.test.ts: this is what depends on the driver.
describe('crashExplorer on the driver of this run', () => {
  it('kills right before and right after the COMMIT of a durable write', async () => {
    const { writes, runs, violations } = await crashExplorer({
      tasks: new URL('./fixtures/crash-tasks.mjs', import.meta.url),
      submit: { type: 'appending', input: { steps: 1 } },
      observe: ({ folder }) => readFileSync(join(folder, 'effects'), 'utf8'),
      only: [
        { write: 4, moment: 'before' },
        { write: 4, moment: 'after' },
      ],
    })

    expect({ writes, runs }).toEqual({ writes: 5, runs: 2 })
    expect(violations).toMatchObject([
      { write: 4, moment: 'before', journalled: ['checkpoint.appended'], found: { observed: '1\n1\n' } },
    ])
  }, 120_000)
})
