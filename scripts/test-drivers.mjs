import { bringBetterSqlite3 } from './suites/better-sqlite3.mjs'
import { DRIVER_SUITES } from './suites/driver-suites.mjs'
import { runUnderNode24 } from './suites/node24.mjs'
import { addCounts } from './suites/report.mjs'
import { seconds } from './suites/time-budget.mjs'
import { runVitest } from './suites/vitest.mjs'
import { requireCommand } from './workspace/command.mjs'
import { prepareWorkspace } from './workspace/prepare.mjs'

/**
 * `npm run test:drivers`: the suites that depend on the driver, on the drivers that `npm test` doesn't install.
 *
 *     npm run test:drivers                       better-sqlite3 on this Node, node:sqlite on Node 24
 *     npm run test:drivers -- better-sqlite3     only the runs with this in their name
 *
 * A driver that can't be had on this machine is one skip, with the reason. The last line is always
 * `N passed, N failed, N skipped`.
 */
const wanted = process.argv.slice(2)
let counts = { passed: 0, failed: 0, skipped: 0 }

const RUNS = [
  { name: `better-sqlite3 on Node ${process.versions.node}`, run: onBetterSqlite3 },
  { name: 'node:sqlite on Node 24', run: (env) => runUnderNode24(env, { suites: DRIVER_SUITES }) },
]

try {
  const env = await prepareWorkspace()
  await requireCommand('turbo', ['run', 'build', '--output-logs=errors-only'], { env, quiet: true })
  for (const { name, run } of RUNS.filter((each) => wanted.every((word) => each.name.includes(word)))) {
    const startedAt = performance.now()
    console.log(`\n${name}`)
    const result = await run(env)
    counts = addCounts(counts, result.counts)
    const mark = result.counts.failed > 0 ? '✗' : result.counts.passed > 0 ? '✓' : '–'
    console.log(`${mark} ${name}  ${seconds(performance.now() - startedAt)}`)
  }
} catch (error) {
  counts.failed += 1
  console.error(`\n${error.message}\n`)
}
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
// Nothing run is no success: a word that fits no run, or every driver skipped for a reason that was said.
process.exitCode = counts.failed > 0 || counts.passed + counts.skipped === 0 ? 1 : 0

async function onBetterSqlite3(env) {
  const brought = await bringBetterSqlite3(env)
  if (brought.missing !== undefined) {
    console.log(`Skipped: ${brought.missing}`)
    return { counts: { passed: 0, failed: 0, skipped: 1 } }
  }
  const label = `better-sqlite3-${brought.abi}`
  return runVitest({ ...env, ...brought.env }, { label, args: DRIVER_SUITES })
}
