import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApi } from '@holdfast/api'
import { createWorker, defineTask, NonRetryableError, TaskRegistry } from '@holdfast/engine'
import { Memory } from '@holdfast/memory'
import { sqlite as memoryModule } from '@holdfast/memory/sqlite'
import type { Store } from '@holdfast/store'
import { openStore } from '@holdfast/store/sqlite'
import { createAdaptorServer } from '@hono/node-server'
import { onTestFinished } from 'vitest'
import { ApiClient } from '../src/api-client.js'
import type { Endpoint } from '../src/endpoint.js'

/** Answers with what it was given. */
export const echo = defineTask('echo', {}, (_ctx, input) => input)

/** Adds `count` items that fail, each with its own words. */
export const crumble = defineTask('crumble', { failurePolicy: 'root' }, async (ctx, input) => {
  const { count } = input as { count: number }
  await ctx.spawn(Array.from({ length: count }, (_, n) => ({ key: String(n), task: fail, input: `file ${n}` })))
})

/** Fails for good. A foreign text may hold anything, an escape sequence included. */
export const fail = defineTask('fail', {}, (_ctx, input) => {
  throw new NonRetryableError(`${String(input)} is \u001b[31mbad`, { code: 'test.bad' })
})

/** A real API on a port of its own, over a store in memory. */
export interface RunningApi extends Endpoint {
  readonly store: Store
  readonly memory: Memory
  readonly client: ApiClient
  /** Begins to run what was submitted. */
  work(): Promise<void>
}

export const runningApi = async (): Promise<RunningApi> => {
  const token = 'a-token-for-tests-only'
  const store = await openStore({ path: ':memory:', modules: [memoryModule] })
  const memory = new Memory(store)
  const tasks = [echo, crumble, fail]
  const api = createApi({
    store,
    memory,
    tasks: new TaskRegistry(tasks),
    token,
    // Much faster than in production, so that no test waits.
    pace: { leastPollMs: 2, mostPollMs: 8, heartbeatMs: 20 },
  })
  // No `createServer` is given, so it is a plain HTTP/1.1 server.
  const server = createAdaptorServer({ fetch: api.fetch }) as Server
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const worker = createWorker({ store, tasks, liveness: 'main' })
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await worker.stop()
    await store.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, token, store, memory, client: new ApiClient({ url, token }), work: () => worker.start() }
}
