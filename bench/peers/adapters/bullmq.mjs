import { randomUUID } from 'node:crypto'

const variant = (appendfsync, level, rest) => ({
  name: `appendfsync ${appendfsync}`,
  level,
  durability: `Redis, appendonly=yes, appendfsync=${appendfsync}`,
  settings: 'defaults',
  asShipped: false,
  jobsPerSecond: 12_000,
  options: { appendfsync },
  ...rest,
})

export const bullmq = {
  name: 'bullmq',
  packages: ['bullmq', 'ioredis'],
  storage: 'redis',
  hasBulk: true,
  unlike: [
    'Redis as it ships keeps no log of its writes: what a restart of the server loses is up to its snapshots. Both rows set appendonly.',
    'Everything has to fit into memory.',
    'Keeps finished jobs.',
  ],
  variants: [variant('no', 'process', { asShipped: true }), variant('always', 'power')],

  async create(place, { options }) {
    return { url: await place.redis(options.appendfsync), queue: `bench-${randomUUID()}` }
  },

  async open({ url, queue: name }) {
    const { Queue, Worker } = await import('bullmq')
    const { Redis } = await import('ioredis')
    const connections = []
    const connect = () => {
      const connection = new Redis(url, { maxRetriesPerRequest: null })
      connections.push(connection)
      return connection
    }
    const queue = new Queue(name, { connection: connect() })
    await queue.waitUntilReady()
    return {
      enqueueOne: (payload) => queue.add('noop', payload),
      enqueueMany: (payloads) => queue.addBulk(payloads.map((data) => ({ name: 'noop', data }))),
      async work(concurrency, handler) {
        const worker = new Worker(name, (job) => handler(job.data), { connection: connect(), concurrency })
        worker.on('error', (error) => console.error(`bullmq: ${error.message}`))
        await worker.waitUntilReady()
        return () => worker.close()
      },
      async remaining() {
        const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized', 'failed')
        return Object.values(counts).reduce((sum, count) => sum + count, 0)
      },
      async close() {
        await queue.close()
        for (const connection of connections) connection.disconnect()
      },
    }
  },

  async sizeBytes({ url }) {
    const { Redis } = await import('ioredis')
    const connection = new Redis(url)
    try {
      return Number(/used_memory:(\d+)/.exec(await connection.info('memory'))[1])
    } finally {
      connection.disconnect()
    }
  },
}
