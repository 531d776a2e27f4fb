import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requireCommand } from './command.mjs'
import { workspacePackages } from './packages.mjs'
import { ROOT } from './root.mjs'

// Inside node_modules, so that deleting node_modules also forgets that they were installed.
const STAMP = join('node_modules', '.holdfast-installed')

/**
 * Installs exactly what the lockfile says, unless that was done already.
 *
 * @param {NodeJS.ProcessEnv} env Has pnpm on its PATH.
 * @returns {Promise<boolean>} Whether anything had to be installed.
 */
export async function installWhenStale(env, root = ROOT) {
  const wanted = installationHash(root)
  const stamp = join(root, STAMP)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return false
  await requireCommand('pnpm', ['install', '--frozen-lockfile'], { cwd: root, env, quiet: true })
  writeFileSync(stamp, wanted)
  return true
}

/** One hash over everything that decides what node_modules holds: Node's version, the lockfile and every manifest. */
export function installationHash(root = ROOT) {
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml']
  files.push(...workspacePackages(root).map((entry) => join(entry.path, 'package.json')))
  const hash = createHash('sha256').update(`${process.version} ${process.platform} ${process.arch}\n`)
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}
