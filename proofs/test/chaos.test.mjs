import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { row } from '../rows/chaos.mjs'
import { runQuickly } from '../support/run-row.mjs'
import { proveQuickly } from './prove-quickly.mjs'

proveQuickly(row, { timeoutMs: 90_000 })

describe('the dump of a target that was missed', () => {
  it('holds settings, counts, the last rows, the keys, and who holds which lock', { timeout: 30_000 }, async () => {
    const failures = mkdtempSync(join(tmpdir(), 'holdfast-chaos-dump-'))
    onTestFinished(() => rmSync(failures, { recursive: true }))

    const { violations } = await runQuickly(row, { mistake: row.mistakes[0], seed: 1, failures })

    const dump = JSON.parse(readFileSync(violations[0].dump, 'utf8'))
    expect(dump).toMatchObject({
      settings: { journal_mode: 'wal', durability: 'power' },
      counts: { tasks: [{ state: 'active', count: 1 }], checkpoints: [{ type: 'iteration_end' }] },
      lastItems: [{ type: 'doomed', state: 'running', fencing_token: 1 }],
      keys: [],
    })
    // The fiftieth is the one that was acknowledged too early.
    expect(dump.lastCheckpoints).toHaveLength(49)
    expect(dump.lastEvents).toHaveLength(50)
    expect(dump.processes).not.toBeUndefined()
    expect(dump.locks.files.map(({ name }) => name)).toContain('chaos.db')
  })
})
