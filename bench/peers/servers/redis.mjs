import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const START_MS = 10_000

/** The `redis-server` on PATH; undefined where there is none. */
export const redisProgram = (path = process.env.PATH ?? '') =>
  path
    .split(delimiter)
    .map((folder) => join(folder, 'redis-server'))
    .find((file) => existsSync(file))

/**
 * A Redis that logs every write and syncs its log as told: one of this run alone where there is a `redis-server`, else
 * the one of `REDIS_URL`, which has to be set up so: it isn't ours to configure.
 */
export const redisServer = async (appendfsync) => (redisProgram() ? ownServer(appendfsync) : sharedServer(appendfsync))

const ownServer = async (appendfsync) => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-redis-'))
  const port = await freePort()
  const settings = { bind: '127.0.0.1', port, dir: folder, save: '', appendonly: 'yes', appendfsync }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  const server = spawn(redisProgram(), args, { stdio: 'ignore' })
  const failed = once(server, 'error').then(([error]) => Promise.reject(error))
  const killWithUs = () => server.kill('SIGKILL')
  process.once('exit', killWithUs)
  const url = `redis://127.0.0.1:${port}`
  await Promise.race([answering(url), failed])
  return {
    url,
    empty: () => ask(url, (connection) => connection.flushall()),
    async stop() {
      const gone = once(server, 'exit')
      server.kill('SIGTERM')
      await gone
      process.off('exit', killWithUs)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const sharedServer = async (appendfsync) => {
  const url = process.env.REDIS_URL
  if (!url) throw new Error('no Redis')
  const found = await ask(url, async (connection) => {
    const settings = (await connection.config('GET', 'append*')) ?? []
    return Object.fromEntries(pairsOf(settings))
  })
  if (found.appendonly !== 'yes' || found.appendfsync !== appendfsync)
    throw new Error(`REDIS_URL has appendonly=${found.appendonly}, appendfsync=${found.appendfsync}`)
  // Somebody else's data may be in it, so the keys of this run stay: their queue has a name of its own.
  return { url, empty: async () => {}, stop: async () => {} }
}

const pairsOf = (list) =>
  Array.isArray(list) ? list.flatMap((name, i) => (i % 2 ? [] : [[name, list[i + 1]]])) : Object.entries(list)

const ask = async (url, question) => {
  const { Redis } = await import('ioredis')
  const connection = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: () => null })
  connection.on('error', () => {}) // the question itself is answered with it
  await connection.connect()
  try {
    return await question(connection)
  } finally {
    connection.disconnect()
  }
}

const answering = async (url) => {
  const end = performance.now() + START_MS
  for (;;) {
    try {
      return await ask(url, (connection) => connection.ping())
    } catch (cause) {
      if (performance.now() > end) throw new Error(`Redis does not answer after ${START_MS / 1_000} s`, { cause })
      await sleep(50)
    }
  }
}

const freePort = async () => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  return port
}
