import { GATES } from './gates/index.mjs'
import { runUnderNode24 } from './suites/node24.mjs'
import { addCounts } from './suites/report.mjs'
import { overBudget, seconds, slowestFiles, totalBudgetMs } from './suites/time-budget.mjs'
import { runVitest } from './suites/vitest.mjs'
import { prepareWorkspace } from './workspace/prepare.mjs'

/**
 * `npm test`: install, every gate, every test, and the contract and process suites again under Node 24.
 *
 *     npm test                      everything, as CI runs it; stops at the first gate that fails
 *     npm test -- --keep-going      everything, whatever fails on the way
 *     npm test -- lease -t stale    the build, then only these tests; arguments go to vitest
 *
 * At the end, what failed is named once more. The last line is always `N passed, N failed, N skipped`; a gate that fails
 * counts as one failure.
 */
const startedAt = performance.now()
const args = process.argv.slice(2)
const keepGoing = args.includes('--keep-going')
const filters = args.filter((arg) => arg !== '--keep-going')
let counts = { passed: 0, failed: 0, skipped: 0 }
const failures = []

try {
  await (filters.length > 0 ? runFiltered() : runEverything())
} catch (error) {
  fail(error.message)
}
if (failures.length > 0) console.log(`\nWhat failed:\n${failures.join('\n')}`)
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed > 0 ? 1 : 0

async function runFiltered() {
  const env = await prepareWorkspace()
  const build = GATES.find((gate) => gate.name.startsWith('build'))
  if (await passes(build, env)) await suite('tests', () => runVitest(env, { label: 'filtered', args: filters }))
}

async function runEverything() {
  const env = await timed('install', () => prepareWorkspace())
  for (const gate of GATES) {
    if (!(await passes(gate, env)) && !keepGoing) return
  }
  const files = []
  files.push(...(await suite('tests', () => runVitest(env, { label: 'tests' }))))
  files.push(...(await suite('tests under Node 24', () => runUnderNode24(env))))
  judgeTimes(files)
}

async function passes(gate, env) {
  try {
    await timed(gate.name, () => gate.run(env))
    return true
  } catch (error) {
    fail(`${gate.name}: ${error.message}`)
    return false
  }
}

async function suite(name, run) {
  const result = await timed(name, run)
  counts = addCounts(counts, result.counts)
  failures.push(...result.failures)
  return result.files
}

/** Runs one step and prints its name, how long it took and what it says it saw. */
async function timed(name, run) {
  const stepStartedAt = performance.now()
  try {
    const result = await run()
    const saw = typeof result === 'string' ? `  (${result})` : ''
    const mark = result?.counts?.failed > 0 ? '✗' : '✓'
    console.log(`${mark} ${name}  ${seconds(performance.now() - stepStartedAt)}${saw}`)
    return result
  } catch (error) {
    console.log(`✗ ${name}  ${seconds(performance.now() - stepStartedAt)}`)
    throw error
  }
}

function judgeTimes(files) {
  console.log(`\nThe slowest files:\n${slowestFiles(files).join('\n')}`)
  for (const line of overBudget(files)) fail(line)
  const totalMs = performance.now() - startedAt
  const limitMs = totalBudgetMs(files)
  if (totalMs > limitMs) fail(`npm test took ${seconds(totalMs)}, over its limit of ${seconds(limitMs)}`)
}

function fail(message) {
  counts.failed += 1
  failures.push(message)
}
