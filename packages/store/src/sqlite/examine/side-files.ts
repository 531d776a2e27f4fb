import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Finding } from './finding.js'

/** One file of the store, as the file system describes it. */
export interface SideFile {
  readonly name: string
  /** Permission bits alone. */
  readonly mode: number
  readonly uid: number
}

/** Files that belong to a database: it, and whatever lies beside it under its name and a dash. Nothing is opened. */
export const sideFilesOf = (databasePath: string): readonly SideFile[] => {
  const name = basename(databasePath)
  const folder = dirname(databasePath)
  return readdirSync(folder)
    .filter((entry) => entry === name || entry.startsWith(`${name}-`))
    .flatMap((entry) => {
      // One that a process has just removed is no finding.
      const stat = statSync(join(folder, entry), { throwIfNoEntry: false })
      return stat ? [{ name: entry, mode: stat.mode & 0o777, uid: stat.uid }] : []
    })
}

const OTHERS = 0o077

/** Who else may read them, and whether all belong to one user. Windows has neither bits nor ids to tell by. */
export function* sideFiles(files: readonly SideFile[], platform: string = process.platform): Iterable<Finding> {
  if (platform === 'win32') return
  const open = files.filter(({ mode }) => (mode & OTHERS) !== 0)
  if (open.length > 0)
    yield {
      code: 'files.open_to_others',
      severity: 'notice',
      message: `other users of this machine may open ${open.map(({ name, mode }) => `${name} (${mode.toString(8)})`).join(', ')}`,
      fix: `chmod go= ${open.map(({ name }) => name).join(' ')} (in the folder of the database)`,
    }
  const owner = files[0]?.uid
  const foreign = files.filter(({ uid }) => uid !== owner)
  if (foreign.length > 0)
    yield {
      code: 'files.foreign_owner',
      severity: 'problem',
      message: `${foreign.map(({ name }) => name).join(', ')} belong to another user than ${files[0]?.name}`,
      fix: `chown --reference=${files[0]?.name} ${foreign.map(({ name }) => name).join(' ')} (in the folder of the database)`,
    }
}
