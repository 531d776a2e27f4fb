import { relative } from 'node:path'
import { ROOT } from '../workspace/root.mjs'

/** How much of a failure's message stands in the list at the end: the whole of it was printed above. */
const MESSAGE_CHARACTERS = 300

/**
 * What one run of vitest came to, read from its JSON report.
 *
 * A file that couldn't even be loaded counts as one failure, as does a run that ended badly with every test green
 * (an unhandled rejection, a crashed worker): vitest's own counts miss both.
 *
 * @param {{ testResults: any[] }} report
 * @param {number} exitCode vitest's.
 */
export function summarize(report, exitCode) {
  const files = report.testResults.map(summarizeFile)
  const total = (key) => files.reduce((sum, file) => sum + file[key], 0)
  const counts = { passed: total('passed'), failed: total('failed'), skipped: total('skipped') }
  const failures = files.flatMap((each) => each.failures)
  if (exitCode !== 0 && counts.failed === 0) {
    counts.failed = 1
    failures.push(`vitest ended with ${exitCode} although every test passed: see its "Unhandled Errors" above`)
  }
  return { counts, files: files.map(({ file, durationMs }) => ({ file, durationMs })), failures }
}

function summarizeFile({ name, status, message, startTime, endTime, assertionResults }) {
  const file = relative(ROOT, name)
  const count = (...wanted) => assertionResults.filter((test) => wanted.includes(test.status)).length
  const failed = count('failed')
  const failures = assertionResults
    .filter((test) => test.status === 'failed')
    .map(({ fullName, failureMessages = [] }) => `${file}: ${fullName}\n  ${shortened(failureMessages.join('; '))}`)
  if (failed === 0 && status === 'failed') failures.push(`${file} could not be run: ${shortened(message)}`)
  return {
    file,
    failures,
    durationMs: Math.max(0, endTime - startTime),
    passed: count('passed'),
    failed: failed === 0 && status === 'failed' ? 1 : failed,
    skipped: count('skipped', 'pending', 'todo', 'disabled'),
  }
}

/** The sum of several runs. */
export function addCounts(...all) {
  const sum = { passed: 0, failed: 0, skipped: 0 }
  for (const counts of all) for (const key of Object.keys(sum)) sum[key] += counts[key]
  return sum
}

const shortened = (message = '') => message.slice(0, MESSAGE_CHARACTERS).split('\n', 3).join('\n  ').trimEnd()
