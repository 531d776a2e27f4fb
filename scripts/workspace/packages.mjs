import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './root.mjs'

/** The folders whose children are workspace packages, as pnpm-workspace.yaml lists them. */
const PACKAGE_FOLDERS = ['packages', 'apps', 'examples', 'tests']

/**
 * Every package of the workspace, in a stable order.
 *
 * @returns {{ name: string, path: string, folder: string, manifest: Record<string, any> }[]}
 *   `path` is relative to the root, `folder` absolute.
 */
export function workspacePackages(root = ROOT) {
  const paths = PACKAGE_FOLDERS.flatMap((parent) => childFolders(root, parent))
  return paths.concat(packageAt(root, 'scripts')).map((path) => {
    const folder = join(root, path)
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return { name: manifest.name, path, folder, manifest }
  })
}

/** The packages that users install from the registry. */
export function publishablePackages(root = ROOT) {
  return workspacePackages(root).filter((entry) => entry.manifest.private !== true)
}

function packageAt(root, path) {
  return existsSync(join(root, path, 'package.json')) ? [path] : []
}

function childFolders(root, parent) {
  if (!existsSync(join(root, parent))) return []
  return readdirSync(join(root, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => packageAt(root, `${parent}/${entry.name}`))
    .sort()
}
