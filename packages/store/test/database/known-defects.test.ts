import { describe, expect, it } from 'vitest'
import { knownDefects } from '../../src/sqlite/known-defects.js'

describe('what is known to be wrong with a version of SQLite', () => {
  it.each(['3.7.0', '3.45.1', '3.51.0', '3.51.2'])('is the WAL-reset race of %s', (version) => {
    expect(knownDefects(version)).toEqual([
      {
        code: 'sqlite.wal_reset_race',
        message: expect.stringContaining(`SQLite ${version} can damage a file`),
        fix: expect.stringContaining('wal_autocheckpoint=0 or has SQLite 3.51.3 or later'),
      },
    ])
  })

  it.each(['3.6.23', '3.51.3', '3.53.2', '4.0.0'])('is nothing that matters here for %s', (version) => {
    expect(knownDefects(version)).toEqual([])
  })
})
