import { fork } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

const BENCH = resolve(import.meta.dirname, '..')

/**
 * Starts a scenario of this folder in a process of its own.
 *
 * @param {string} script Below `bench/`; it calls `inChild`.
 * @returns `said(name)`: resolves with the next such word of the child; `say(name)`: gives it word; `result`: what it
 * came to, once it has ended; `kill()`: kill -9.
 */
export const startChild = (script, params, { env = {}, nodeArgs = [] } = {}) => {
  const child = fork(resolve(BENCH, script), { env: { ...process.env, ...env }, execArgv: nodeArgs })
  const words = []
  const listeners = new Set()
  let failure
  const result = new Promise((fulfil, reject) => {
    child.on('message', (message) => {
      if ('said' in message) words.push(message.said)
      else if ('error' in message) reject(new Error(`${script}: ${message.error}`))
      else fulfil(message.value)
      for (const listener of [...listeners]) listener()
    })
    child.on('exit', (code, signal) => reject(new Error(`${script} ended early: ${signal ?? `exit code ${code}`}`)))
  })
  result.catch((error) => {
    failure = error
    for (const listener of [...listeners]) listener()
  })
  child.send({ params })
  const outcome = outcomeOf(child, result)
  outcome.catch(() => {}) // whoever awaits it is told
  return {
    pid: child.pid,
    result: outcome,
    said: (name) =>
      new Promise((fulfil, reject) => {
        const look = () => {
          const at = words.findIndex((word) => word.name === name)
          if (at < 0 && !failure) return
          listeners.delete(look)
          if (at < 0) reject(failure)
          else fulfil(words.splice(at, 1)[0])
        }
        listeners.add(look)
        look()
      }),
    say: (name, details = {}) => child.send({ say: { name, ...details } }),
    kill: async () => {
      child.kill('SIGKILL')
      await ended(child)
    },
  }
}

/** Runs a scenario to its end. */
export const runChild = (script, params, options) => startChild(script, params, options).result

/** What it answered, once it has ended: its files are then nobody's. */
const outcomeOf = async (child, result) => {
  try {
    return await result
  } finally {
    await ended(child)
  }
}

const ended = async (child) => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}
