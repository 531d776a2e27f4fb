import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const MEMBER = join(import.meta.dirname, 'member.mjs')
const PATIENCE_MS = 30_000

/** A refusal that a member answered with. */
export class Refused extends Error {
  constructor(order, { refused, message }) {
    super(`${order}: ${refused}: ${message}`)
    this.code = refused
  }
}

/** A process that does what it is told; `inNamespace` gives it numbers of processes of its own. */
export const startMember = ({ nodeArgs = [], inNamespace = false } = {}) => {
  const flags = ['--expose-gc', ...nodeArgs]
  const child = inNamespace
    ? spawn('unshare', ['--pid', '--fork', '--kill-child', '--mount-proc', process.execPath, ...flags, MEMBER], {
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      })
    : fork(MEMBER, [], { execArgv: flags, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  const ask = async (order, details = {}) => {
    child.send({ order, ...details })
    const over = new AbortController()
    const { signal } = over
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
    try {
      const answer = await Promise.race([
        once(child, 'message', { signal }).then(([message]) => message),
        once(child, 'exit', { signal }).then(([code, how]) => ({ refused: 'ended', message: how ?? `code ${code}` })),
      ])
      if (answer.refused !== undefined) throw new Refused(order, answer)
      return answer.value
    } finally {
      clearTimeout(timer)
      over.abort()
    }
  }
  return {
    ask,
    /** kill -9. */
    kill: () => ended(child, () => child.kill('SIGKILL')),
    /** As a program ends that has nothing left to do. */
    end: () => ended(child, () => child.disconnect()),
  }
}

const ended = async (child, act) => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  act()
  await gone
}
