import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const PROGRAM = join(import.meta.dirname, 'process.mjs')

/** They go with this process, however it ends. */
const alive = new Set()
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

/** Starts a process of a measurement, with its connection open. `ask` has it do something. */
export const startProcess = async (peer, variant, target) => {
  const args = ['--peer', peer.name, '--variant', variant.name, '--target', JSON.stringify(target)]
  const child = fork(PROGRAM, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  alive.add(child)
  const gone = once(child, 'exit').finally(() => alive.delete(child))
  const waiting = new Map()
  let ids = 0

  child.on('message', ({ id, value, error }) => {
    const { resolve, reject } = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) resolve(value)
    else reject(new Error(error))
  })
  child.on('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`${peer.name}: its process ended (${signal ?? code})`))
    waiting.clear()
  })

  const ask = (action, args) =>
    new Promise((resolve, reject) => {
      const id = ++ids
      waiting.set(id, { resolve, reject })
      child.send({ id, action, args }, (error) => error && reject(error))
    })

  const running = {
    ask,
    /** SIGKILL: its data goes with it, so nobody waits for a tidy end. */
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
  }
  try {
    await ask('open')
    return running
  } catch (error) {
    await running.kill()
    throw error
  }
}
