import { statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/sqlite/database.js'
import { readWalHeader, walPathOf, walReaches } from '../../src/sqlite/wal/wal-file.js'
import { toyPath } from '../support/open-toy-store.js'
import { openToyConnection } from '../support/toy-connection.js'

describe('the WAL file', () => {
  it('has no header while there is none', () => {
    const path = toyPath()

    expect(readWalHeader(path)).toBeUndefined()
    expect(walReaches(path, 1)).toBe(false)
  })

  it('is measured by the frames of its own round, not by the size that it was left with', () => {
    const connection = openToyConnection()
    const { path } = connection
    const checkpointer = openDatabase({ path, role: 'checkpointer', holdsWriteLock: () => true })
    const insert = connection.prepare('INSERT INTO toys (id, value) VALUES (?, ?)')
    insert.run('large', 'x'.repeat(1_000_000))
    expect(walReaches(path, 1_000_000)).toBe(true)
    const before = readWalHeader(path)

    checkpointer.prepare('PRAGMA wal_checkpoint(PASSIVE)').all()
    insert.run('small', 'x')
    checkpointer.close()

    expect(readWalHeader(path)?.salts).not.toBe(before?.salts)
    expect(statSync(walPathOf(path)).size).toBeGreaterThan(1_000_000)
    expect(walReaches(path, 1_000_000)).toBe(false)
    expect(walReaches(path, 4_096)).toBe(true)
  })
})
