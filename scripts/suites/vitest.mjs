import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../workspace/command.mjs'
import { ROOT, SCRATCH } from '../workspace/root.mjs'
import { machinePace } from './machine-pace.mjs'
import { summarize } from './report.mjs'

const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs')

/**
 * Runs vitest over the workspace and reads its report.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {{ label: string, node?: string, args?: readonly string[] }} run `node` is the Node to run under.
 */
export async function runVitest(env, { label, node = process.execPath, args = [] }) {
  const file = join(SCRATCH, 'reports', `${label}.json`)
  await mkdir(join(SCRATCH, 'reports'), { recursive: true })
  await rm(file, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const before = machinePace(node)
  const { code } = await runCommand(node, [VITEST, 'run', ...reporters, ...args], { env })
  if (!existsSync(file)) {
    const failures = [`${label}: vitest ended with ${code} and left no report`]
    return { counts: { passed: 0, failed: 1, skipped: 0 }, files: [], failures }
  }
  const { counts, files, failures } = summarize(JSON.parse(readFileSync(file, 'utf8')), code)
  // Others may have come or gone meanwhile: the slower of the two moments counts.
  const pace = Math.max(before, machinePace(node))
  return { counts, files: files.map((each) => ({ ...each, pace })), failures }
}
