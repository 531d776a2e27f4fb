import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { proofs } from '../support/command.mjs'
import { resultsIn, unfinishedIn } from '../support/results.mjs'

/** A row that counts to what it is asked for; parts of it are replaced by `changes`. */
export const countingRow = (changes = {}) => ({
  name: 'counting',
  title: 'Numbers follow on each other',
  promises: ['P3'],
  loads: { full: { numbers: 10 }, quick: { numbers: 2 } },
  prove: async ({ load }) => holds(load.numbers),
  mistakes: [{ name: 'a number left out', prove: async () => fails('3 follows on 1') }],
  ...changes,
})

export const holds = (numbers) => ({
  done: true,
  passed: true,
  figures: { largest: numbers },
  violations: [],
  reached: { numbers },
})

export const fails = (what) => ({ done: true, passed: false, figures: {}, violations: [{ what }] })

/**
 * The command over rows of a test's own, in a folder of its own, on a clock that stands still.
 *
 * @param {readonly import('../support/rows.mjs').Row[]} rows
 */
export const surroundingsOf = (...rows) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-proofs-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const places = { results: join(folder, 'results'), unfinished: join(folder, 'unfinished') }
  const printed = []
  const around = {
    rows: async () => rows,
    places,
    pages: { report: join(folder, 'report.md'), docs: join(folder, 'docs.md'), readme: join(folder, 'README.md') },
    failures: join(folder, 'failures'),
    print: (line) => void printed.push(line),
    sources: { product: 'the product', proof: 'the proof' },
    sourcesOf: () => around.sources,
    about: () => ({ commit: 'abc', changed: false, machine: MACHINE }),
    missing: () => [],
    nowMs: 0,
    now: () => around.nowMs,
  }
  return {
    folder,
    around,
    printed,
    run: (...args) => proofs(args, around),
    result: (name = 'counting') => resultsIn(places).of(name),
    unfinished: (name = 'counting') => unfinishedIn(places).of(name),
    report: () => readFileSync(around.pages.report, 'utf8'),
  }
}

const MACHINE = {
  cpu: 'a processor',
  cores: 2,
  memoryGiB: 8,
  system: 'linux',
  node: 'v20',
  driver: 'libsql',
  sqliteVersion: '3.45.1',
}
