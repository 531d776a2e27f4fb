import { existsSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { requireCommand } from './command.mjs'
import { ROOT, SCRATCH } from './root.mjs'

/** The exact version that package.json pins as `packageManager`. */
export function pinnedPnpmVersion(manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))) {
  const match = /^pnpm@(\d+\.\d+\.\d+)/.exec(manifest.packageManager ?? '')
  if (!match) throw new Error('package.json must pin its package manager, as in "packageManager": "pnpm@12.21.0"')
  return match[1]
}

/**
 * Brings the pinned pnpm with npm, once, into a folder of its own.
 *
 * Nothing is installed outside the repository, and no version manager is needed: npm comes with Node.
 *
 * @returns {Promise<string>} The folder that holds the `pnpm` command.
 */
export async function bringPnpm() {
  const version = pinnedPnpmVersion()
  const folder = join(SCRATCH, `pnpm-${version}`)
  const bin = join(folder, 'node_modules', '.bin')
  if (!existsSync(join(bin, 'pnpm'))) {
    console.log(`Bringing pnpm ${version} …`)
    await mkdir(folder, { recursive: true })
    const quietly = ['--no-audit', '--no-fund', '--loglevel=error']
    await requireCommand('npm', ['install', '--prefix', folder, ...quietly, `pnpm@${version}`], {
      cwd: folder,
      quiet: true,
    })
  }
  return bin
}

/** The environment in which turbo finds pnpm, every tool is found by name, and no tool reports to its maker. */
export function toolEnvironment(pnpmBin, env = process.env) {
  return {
    ...env,
    PATH: [pnpmBin, join(ROOT, 'node_modules', '.bin'), env.PATH].join(delimiter),
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    DO_NOT_TRACK: '1',
  }
}
