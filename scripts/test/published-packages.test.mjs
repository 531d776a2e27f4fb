import { describe, expect, it } from 'vitest'
import { contentProblems } from '../gates/published-packages.mjs'

const whole = {
  name: '@holdfast/store',
  manifest: { files: ['dist', 'migrations', 'README.md', 'LICENSE'] },
  contents: ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'migrations/sqlite/0000_start.sql'],
}

describe('a tarball', () => {
  it('passes with what its manifest promises', () => {
    expect(contentProblems(whole)).toEqual([])
  })

  it.each(['README.md', 'LICENSE', 'migrations/sqlite/0000_start.sql'])('is refused without %s', (missing) => {
    const contents = whole.contents.filter((file) => file !== missing)

    expect(contentProblems({ ...whole, contents })).toHaveLength(1)
  })

  it.each(['src/index.ts', 'test/lease.test.ts', '.env'])('is refused with %s', (extra) => {
    expect(contentProblems({ ...whole, contents: [...whole.contents, extra] })).toEqual([
      `@holdfast/store ships ${extra}, which is none of dist, migrations, README.md and LICENSE`,
    ])
  })
})
