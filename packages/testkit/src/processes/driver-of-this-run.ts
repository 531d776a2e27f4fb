/**
 * What a child process must be given to run on the SQLite driver that this run of the tests is about: its name, and
 * where it lies when it is installed outside the workspace (`npm run test:drivers`).
 */
export const driverOfThisRun = (): Record<string, string> => {
  const { HOLDFAST_SQLITE_DRIVER, NODE_PATH } = process.env
  return {
    ...(HOLDFAST_SQLITE_DRIVER ? { HOLDFAST_SQLITE_DRIVER } : {}),
    ...(NODE_PATH ? { NODE_PATH } : {}),
  }
}
