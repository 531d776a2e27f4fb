import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const OPEN_FILE = join(import.meta.dirname, 'open-file.mjs')
/** Far beyond what opening may take. */
const PATIENCE_MS = 20_000
/** A process that opened so many gives way to a new one: libsql keeps what was closed until it is collected. */
const FILES_A_PROCESS = 50
/** nobody, of nogroup. */
const NOBODY = { uid: 65_534, gid: 65_534 }

/**
 * Opens files in processes of their own, so that a crash is an answer as well.
 *
 * @param {{ nodeArgs?: string[], isUnprivileged?: boolean }} [options]
 */
export const fileOpener = ({ nodeArgs = [], isUnprivileged = false } = {}) => {
  const user = isUnprivileged && process.getuid?.() === 0 ? NOBODY : {}
  let child
  let left = 0
  const fresh = () => {
    child?.disconnect()
    child = fork(OPEN_FILE, [], { execArgv: nodeArgs, stdio: ['ignore', 'ignore', 'pipe', 'ipc'], ...user })
    child.errors = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      child.errors = `${child.errors}${text}`.slice(-2_000)
    })
    left = FILES_A_PROCESS
  }
  return {
    /** What came of opening the file and reading what the ledger speaks of; `ended` says how the process did, if it did. */
    open: async (path, ledger) => {
      if (left === 0) fresh()
      left -= 1
      child.send({ path, ledger })
      const answer = await answerOf(child)
      if (answer.ended !== undefined) {
        child = undefined
        left = 0
      }
      return answer
    },
    close: async () => {
      if (!child?.connected) return
      const gone = once(child, 'exit')
      child.disconnect()
      await gone
    },
  }
}

const answerOf = async (child) => {
  const timeout = new AbortController()
  const { signal } = timeout
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([answer]) => answer),
      once(child, 'close', { signal }).then(([code, how]) => ({
        ended: how ?? `exit code ${code}`,
        errors: child.errors,
      })),
    ])
  } finally {
    clearTimeout(timer)
    timeout.abort()
  }
}
