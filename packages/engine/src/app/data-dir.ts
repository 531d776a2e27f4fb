import { chmod, mkdir } from 'node:fs/promises'

/** Makes the folder that holds the database, for its owner alone. An existing one keeps its permissions. */
export const makeDataDir = async (dataDir: string): Promise<void> => {
  const made = await mkdir(dataDir, { recursive: true, mode: 0o700 })
  // The mode above is cut by the umask; this one isn't.
  if (made !== undefined) await chmod(dataDir, 0o700)
}
