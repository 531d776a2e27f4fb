import { fileURLToPath } from 'node:url'
import { startProcess } from './start-toy-process.js'

const SCRIPT = fileURLToPath(new URL('./killed.mjs', import.meta.url))

/** Writes to the file from another process, registered as a worker, and kills it in the middle of its life. */
export const leaveLikeKilled = async (path: string): Promise<void> => {
  const { line, child, ended } = startProcess(SCRIPT, path)
  await line('registered')
  child.kill('SIGKILL')
  await ended
}
