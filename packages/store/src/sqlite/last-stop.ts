import { probeProcess } from './liveness/lock-probe.js'
import { listProcessLocks, type OpenLockFile } from './liveness/process-lock.js'

/** The locks of all processes of a file, asked one by one. */
export const countLocks = (
  databasePath: string,
  open: OpenLockFile,
): { readonly living: number; readonly dead: number } => {
  const answers = listProcessLocks(databasePath).map((id) => probeProcess(databasePath, id, open))
  const count = (wanted: (typeof answers)[number]): number => answers.filter((answer) => answer === wanted).length
  return { living: count('alive'), dead: count('dead') }
}

/** How whoever had the file last left it. */
export type LastStop = 'clean' | 'unclean'

/**
 * `unclean` when nobody has the file open and a process left its lock file behind: it was killed, or the machine stopped.
 * To be asked before this process takes its own lock. While others live there is nothing to suspect: what a killed
 * neighbour had begun, SQLite has undone, and they go on reading the file.
 *
 * A WAL that was left says nothing: one stays behind a clean close as well, where the library holds a statement.
 */
export const lastStopOf = (databasePath: string, open: OpenLockFile): LastStop => {
  try {
    const { living, dead } = countLocks(databasePath, open)
    return living === 0 && dead > 0 ? 'unclean' : 'clean'
  } catch {
    // A lock that can't be asked is damage beside the file: a reason to look at the file, and no reason not to start.
    return 'unclean'
  }
}
