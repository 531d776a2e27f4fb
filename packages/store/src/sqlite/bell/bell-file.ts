import { closeSync, constants, existsSync, lstatSync, openSync, statSync, watch } from 'node:fs'
import { UnsupportedStoreError } from '../../errors.js'

/**
 * The bell of a database: the file `<db>-bell`. A byte is written into it after a commit that made work claimable, and
 * whoever waits for work watches it. What the byte is says nothing. It is never deleted: those who watch a file that
 * was deleted hear nothing of the next one under its name.
 */
export const bellPathOf = (databasePath: string): string => `${databasePath}-bell`

/** A link in its place is refused: nobody's byte is to land in another file. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0)

/** The permissions of the database itself: whoever may write to it may ring. */
const modeOf = (databasePath: string): number =>
  (statSync(databasePath, { throwIfNoEntry: false })?.mode ?? 0o600) & 0o666

/** Opens the bell for writing, and makes it where there is none. */
export const openBell = (databasePath: string): number =>
  openSync(bellPathOf(databasePath), FLAGS, modeOf(databasePath))

/** What a watch needs of the file system. Injected, so that a test can take a bell away, and the means to watch it. */
export interface BellFile {
  /** Makes the bell where there is none. @returns which file it is: another answer means another file. */
  identify(): string
  /** Calls `onRing` at every write; `onLost` once, when nothing more will be heard. */
  watch(onRing: () => void, onLost: (error: unknown) => void): { close(): void }
}

/** The real one. */
export const bellFileOf = (databasePath: string): BellFile => ({
  identify: () => {
    if (!existsSync(bellPathOf(databasePath))) closeSync(openBell(databasePath))
    const found = lstatSync(bellPathOf(databasePath), { bigint: true })
    // A folder or a link could be watched as well, and would never ring.
    if (!found.isFile())
      throw new UnsupportedStoreError(`${bellPathOf(databasePath)} is not a file`, {
        path: bellPathOf(databasePath),
      })
    return `${found.dev}:${found.ino}`
  },
  watch: (onRing, onLost) => {
    // Not persistent: waiting for a bell keeps no process alive.
    const watcher = watch(bellPathOf(databasePath), { persistent: false })
    watcher.on('change', (event) => {
      // Moved or deleted; its number may be given to its successor, so that nobody could tell them apart.
      if (event === 'rename') onLost(undefined)
      else onRing()
    })
    watcher.on('error', onLost)
    return { close: () => watcher.close() }
  },
})
