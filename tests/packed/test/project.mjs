import { readFileSync } from 'node:fs'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { requireCommand } from '@holdfast/scripts/workspace/command'
import { bringPnpm, toolEnvironment } from '@holdfast/scripts/workspace/pnpm'
import { ROOT } from '@holdfast/scripts/workspace/root'
import { packTarballs } from '@holdfast/scripts/workspace/tarballs'

const PROJECTS = fileURLToPath(new URL('../projects/', import.meta.url))

/** What a user installs beside our packages: the driver, its query builder, a schema library, the peer of testkit. */
const BESIDE = ['libsql', 'drizzle-orm', 'zod', '@types/node', 'vitest']

/** Packs every publishable package into a folder of its own; `env` has pnpm on its PATH. */
export async function packEverything() {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-tarballs-'))
  const env = toolEnvironment(await bringPnpm())
  const tarballs = await packTarballs(env, folder)
  return { tarballs, env, remove: () => rm(folder, { recursive: true, force: true }) }
}

/**
 * An empty project outside the repository that has the tarballs installed, and the files of `projects/<name>`.
 *
 * pnpm installs it, because its strict folders let a package see only what it declares, and because everything else
 * is in pnpm's store already. Our own packages come from the tarballs at every depth, nothing of ours from a registry.
 */
export async function installProject(name, { tarballs, env }) {
  const folder = await mkdtemp(join(tmpdir(), `holdfast-${name}-`))
  const ours = Object.fromEntries(tarballs.map((tarball) => [tarball.name, `file:${tarball.file}`]))
  const beside = Object.fromEntries(BESIDE.map((dependency) => [dependency, catalogVersion(dependency)]))
  const manifest = {
    name: `packed-${name}`,
    private: true,
    ...(name === 'esm' ? { type: 'module' } : {}),
    dependencies: { ...ours, ...beside },
  }
  await cp(join(PROJECTS, name), folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
  await writeFile(
    join(folder, 'pnpm-workspace.yaml'),
    JSON.stringify({ overrides: ours, allowBuilds: { esbuild: false } }),
  )
  await requireCommand('pnpm', ['install', '--prefer-offline'], {
    cwd: folder,
    env: { ...env, CI: 'true' },
    quiet: true,
  })
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** The version that the repository itself pins and tests. */
function catalogVersion(name) {
  const workspace = readFileSync(join(ROOT, 'pnpm-workspace.yaml'), 'utf8')
  const escaped = name.replace(/[/.]/g, '\\$&')
  const match = new RegExp(`^ {2}['"]?${escaped}['"]?: (\\S+)$`, 'm').exec(workspace)
  if (!match) throw new Error(`${name} has no version in the catalog of pnpm-workspace.yaml`)
  return match[1]
}

/** Every path that users can import, as the manifests declare it. */
export function entryPoints(tarballs) {
  return tarballs.flatMap(({ name, manifest }) =>
    Object.keys(manifest.exports ?? {})
      .filter((path) => path !== './package.json')
      .map((path) => `${name}${path.slice(1)}`),
  )
}
