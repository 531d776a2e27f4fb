import { databaseSizeBytes, DURABLE } from './postgres-database.mjs'

const QUEUE = 'noop'

export const pgBoss = {
  name: 'pg-boss',
  packages: ['pg-boss', 'pg'],
  storage: 'postgres',
  hasBulk: true,
  unlike: [
    'No fencing. Keeps finished jobs for a week.',
    'Tuned, a handler gets a batch of jobs, and the batch is completed as one: more than 32 may run at once.',
  ],
  variants: [
    {
      name: 'default',
      level: 'power',
      durability: DURABLE,
      settings: 'localConcurrency for the concurrency, else defaults (poll 2 s, batchSize 1)',
      asShipped: true,
      jobsPerSecond: 40,
      options: { work: {} },
    },
    {
      name: 'tuned',
      level: 'power',
      durability: DURABLE,
      settings: 'batchSize 500, burstWhenBatchFull, 4 workers, poll 0.5 s, notify, pool of 32',
      asShipped: false,
      jobsPerSecond: 13_000,
      options: {
        instance: { max: 32, useListenNotify: true },
        queue: { notify: true },
        work: { batchSize: 500, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5, localConcurrency: 4 },
      },
    },
  ],

  async create(place, variant) {
    const target = { url: await place.postgres() }
    const boss = await start(target, variant)
    await boss.createQueue(QUEUE, variant.options.queue)
    await boss.stop({ graceful: false })
    return target
  },

  async open(target, variant) {
    const boss = await start(target, variant)
    return {
      enqueueOne: (payload) => boss.send(QUEUE, payload),
      enqueueMany: (payloads) =>
        boss.insert(
          QUEUE,
          payloads.map((data) => ({ data })),
        ),
      async work(concurrency, handler) {
        const options = { localConcurrency: concurrency, ...variant.options.work }
        await boss.work(QUEUE, options, async (jobs) => {
          await Promise.all(jobs.map((job) => handler(job.data)))
        })
        return () => boss.offWork(QUEUE)
      },
      async remaining() {
        const { rows } = await boss
          .getDb()
          .executeSql(`select count(*) as open from pgboss.job where name = '${QUEUE}' and state < 'completed'`)
        return Number(rows[0].open)
      },
      close: () => boss.stop({ graceful: false }),
    }
  },

  sizeBytes: ({ url }) => databaseSizeBytes(url),
}

const start = async ({ url }, { options }) => {
  const { PgBoss } = await import('pg-boss')
  const boss = new PgBoss({ connectionString: url, ...options.instance })
  boss.on('error', (error) => console.error(`pg-boss: ${error.message}`))
  await boss.start()
  return boss
}
