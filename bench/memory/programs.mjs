import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NODE_FLAGS } from '../../scripts/supervisor/node-flags.mjs'

const ROOT = resolve(import.meta.dirname, '../..')
const TOKEN = 'a-token-of-the-benchmark-alone'
const READY_MS = 60_000

/** Starts one of the real programs, with the flags that `npm start` gives it. */
const startProgram = (name, env) =>
  spawn(process.execPath, [...NODE_FLAGS, join(ROOT, `apps/${name}/dist/main.js`)], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })

/** The real API and the real worker on one file, until `stop()`. */
export const startPrograms = async (dataDir, { durability }) => {
  const port = await freePort()
  const env = {
    HOLDFAST_DATA_DIR: dataDir,
    HOLDFAST_CONFIG: join(import.meta.dirname, 'holdfast.config.mjs'),
    HOLDFAST_DURABILITY: durability,
    HOLDFAST_TOKEN: TOKEN,
    HOLDFAST_PORT: String(port),
    HOLDFAST_LOG_LEVEL: 'error',
  }
  const api = startProgram('api', env)
  const worker = startProgram('worker', env)
  const stop = async () => {
    for (const child of [api, worker]) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
  }
  try {
    await answers(port, [api, worker])
  } catch (error) {
    await stop()
    throw error
  }
  return { port, token: TOKEN, megabytes: () => ({ api: residentOf(api.pid), worker: residentOf(worker.pid) }), stop }
}

const answers = async (port, children) => {
  const deadline = performance.now() + READY_MS
  while (performance.now() < deadline) {
    if (children.some(({ exitCode }) => exitCode !== null)) throw new Error('the API or the worker could not start')
    const ready = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined)
    if (ready?.ok) return
    await sleep(100)
  }
  throw new Error(`the API did not answer within ${READY_MS / 1_000} s`)
}

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** What of a process is in memory now, as Linux counts it. */
const residentOf = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1_024
