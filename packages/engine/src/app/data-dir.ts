import { StoreReadOnlyError } from '@holdfast/store'
import { access, chmod, constants, mkdir } from 'node:fs/promises'

/**
 * Makes the folder that holds the database, for its owner alone. An existing one keeps its permissions.
 *
 * @throws {StoreReadOnlyError} `store.read_only`: it can't be made, or not be written to.
 */
export const makeDataDir = async (dataDir: string): Promise<void> => {
  try {
    const made = await mkdir(dataDir, { recursive: true, mode: 0o700 })
    // The mode above is cut by the umask; this one isn't.
    if (made !== undefined) await chmod(dataDir, 0o700)
    await access(dataDir, constants.W_OK | constants.X_OK)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code
    if (reason === undefined || !NOT_WRITABLE.has(reason)) throw error
    throw new StoreReadOnlyError(`${dataDir} can't be written to`, { path: dataDir, reason }, { cause: error })
  }
}

const NOT_WRITABLE: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS'])
