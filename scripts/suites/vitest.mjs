import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../workspace/command.mjs'
import { ROOT, SCRATCH } from '../workspace/root.mjs'
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
  const { code } = await runCommand(node, [VITEST, 'run', ...reporters, ...args], { env })
  if (!existsSync(file)) return { counts: { passed: 0, failed: 1, skipped: 0 }, files: [] }
  return summarize(JSON.parse(readFileSync(file, 'utf8')), code)
}
