import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { requireCommand } from './command.mjs'
import { publishablePackages } from './packages.mjs'
import { SCRATCH } from './root.mjs'

/** Where the tarballs lie that the package checks and the packed-install test share. */
export const TARBALLS = join(SCRATCH, 'tarballs')

/**
 * Packs every publishable package as it would be published, into an emptied folder.
 *
 * @param {NodeJS.ProcessEnv} env Has pnpm on its PATH.
 * @returns {Promise<{ name: string, manifest: Record<string, any>, file: string, contents: string[] }[]>}
 */
export async function packTarballs(env, destination = TARBALLS) {
  await rm(destination, { recursive: true, force: true })
  await mkdir(destination, { recursive: true })
  return Promise.all(publishablePackages().map((entry) => pack(entry, destination, env)))
}

async function pack({ name, manifest, folder }, destination, env) {
  const args = ['pack', '--json', '--pack-destination', destination]
  const { output } = await requireCommand('pnpm', args, { cwd: folder, env, quiet: true })
  const packed = JSON.parse(output.slice(output.indexOf('{')))
  return { name, manifest, file: packed.filename, contents: packed.files.map((file) => file.path) }
}
