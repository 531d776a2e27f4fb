import { StoreReadOnlyError } from '@holdfast/store'
import { access, chmod, constants, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes the folder that holds the database, for its owner alone. An existing one keeps its permissions.
 *
 * Its name is on the disk when this returns, also when another process has made it a moment ago: nothing may be
 * acknowledged in a folder that a power loss takes away.
 *
 * @throws {StoreReadOnlyError} `store.read_only`: it can't be made, or not be written to.
 */
export const makeDataDir = async (dataDir: string): Promise<void> => {
  try {
    const made = await mkdir(dataDir, { recursive: true, mode: 0o700 })
    // The mode above is cut by the umask; this one isn't.
    if (made !== undefined) await chmod(dataDir, 0o700)
    await syncNames(dataDir, made ?? dataDir)
    await access(dataDir, constants.W_OK | constants.X_OK)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code
    if (reason === undefined || !NOT_WRITABLE.has(reason)) throw error
    throw new StoreReadOnlyError(`${dataDir} can't be written to`, { path: dataDir, reason }, { cause: error })
  }
}

const NOT_WRITABLE: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS'])

/** Makes the names of a folder, and of those above it up to `first`, durable in the folders that hold them. */
const syncNames = async (folder: string, first: string): Promise<void> => {
  await syncFolder(dirname(folder))
  if (folder !== first && dirname(folder) !== folder) await syncNames(dirname(folder), first)
}

const syncFolder = async (folder: string): Promise<void> => {
  // Windows opens no folders, and its file systems write names through.
  if (process.platform === 'win32') return
  try {
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    // Who may enter a folder and not read it can't have made anything in it just now.
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
  }
}
