import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const STARTER = join(import.meta.dirname, 'starter.mjs')
/** Until then every process has read what it is told. */
const HEAD_START_MS = 30
/** Far beyond what a start may take: the store itself gives up on a lock after seconds. */
const PATIENCE_MS = 30_000

/** Processes that open one file after the other, all at the same moment. */
export const starters = (count, nodeArgs = []) => {
  const children = []
  const fill = async () => {
    while (children.length < count)
      children.push(fork(STARTER, [], { execArgv: nodeArgs, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }))
    // A child that can't even load its modules never spawns; one that did answers.
    await Promise.all(children.filter(({ pid }) => pid === undefined).map((child) => once(child, 'spawn')))
  }
  const start = (child, request) => {
    child.send(request)
    return answerOf(child)
  }
  return {
    /** What each of them says. */
    startAll: async (request) => {
      await fill()
      const atMs = Date.now() + HEAD_START_MS
      return Promise.all(children.map((child) => start(child, { ...request, atMs })))
    },
    /** Starts one alone, and kills it so long after it began; answers whether it was still at it. */
    startAndKill: async (request, afterMs) => {
      await fill()
      const child = children.pop()
      const answer = start(child, { ...request, atMs: 0 })
      const timer = setTimeout(() => child.kill('SIGKILL'), afterMs)
      const { ended } = await answer
      clearTimeout(timer)
      child.kill('SIGKILL')
      return ended !== undefined
    },
    stop: () => {
      for (const child of children.splice(0)) child.kill('SIGKILL')
    },
  }
}

const answerOf = async (child) => {
  const over = new AbortController()
  const { signal } = over
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([answer]) => answer),
      once(child, 'exit', { signal }).then(([code, how]) => ({ ended: how ?? `exit code ${code}` })),
    ])
  } finally {
    clearTimeout(timer)
    over.abort()
  }
}
