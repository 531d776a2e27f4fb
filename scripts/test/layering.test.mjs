import { describe, expect, it } from 'vitest'
import { importProblems, layering, manifestProblems } from '../gates/layering.mjs'

describe('the layers', () => {
  it('hold in this repository', async () => {
    expect(await layering.run()).toMatch(/^\d+ sources$/)
  })

  it('refuse a manifest that declares a package above', () => {
    const manifest = { dependencies: { '@holdfast/engine': 'workspace:*' } }

    expect(manifestProblems({ name: '@holdfast/store', manifest })).toEqual([
      '@holdfast/store declares @holdfast/engine, which is not below it',
    ])
  })

  it('refuse a package that nobody gave a layer', () => {
    expect(manifestProblems({ name: '@holdfast/new', manifest: {} })).toEqual([
      '@holdfast/new has no layer; give it one in scripts/gates/layering.mjs',
    ])
  })

  it.each([
    `import { openStore } from '@holdfast/store/sqlite'`,
    `export type { Store } from '@holdfast/store'`,
    `const store = await import('@holdfast/store')`,
  ])('refuse %s in the schema', (text) => {
    expect(importProblems({ name: '@holdfast/schema', file: 'src/x.ts', text })).toEqual([
      'src/x.ts imports @holdfast/store, which is not below @holdfast/schema',
    ])
  })

  it('let a package import what is below it', () => {
    const text = `import { WORK_STATES } from '@holdfast/schema'\nimport { z } from 'zod'`

    expect(importProblems({ name: '@holdfast/store', file: 'src/x.ts', text })).toEqual([])
  })
})
