import { databaseSizeBytes, DURABLE } from './postgres-database.mjs'

const TASK = 'noop'

export const graphileWorker = {
  name: 'graphile-worker',
  packages: ['graphile-worker', 'pg'],
  storage: 'postgres',
  hasBulk: true,
  unlike: [
    'Deletes finished jobs: there is nothing to keep, index or read afterwards.',
    'Completions are not fenced. A dead worker is noticed after four hours.',
    'Tuned, completions are written in batches: more jobs run again after a crash, and items wait in a local queue of 500.',
  ],
  variants: [
    {
      name: 'default',
      level: 'power',
      durability: DURABLE,
      settings: 'concurrentJobs for the concurrency, else defaults',
      asShipped: true,
      jobsPerSecond: 7_000,
      options: {},
    },
    {
      name: 'tuned',
      level: 'power',
      durability: DURABLE,
      settings:
        'as on its performance page: localQueue.size 500, completeJobBatchDelay 0, failJobBatchDelay 0, maxPoolSize 33',
      asShipped: false,
      jobsPerSecond: 35_000,
      options: {
        maxPoolSize: 33,
        localQueue: { size: 500 },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
  ],

  async create(place, variant) {
    const target = { url: await place.postgres() }
    const utils = await utilsOf(target, variant)
    await utils.migrate()
    await utils.release()
    return target
  },

  async open(target, variant) {
    const { run, WorkerPreset } = await import('graphile-worker')
    const utils = await utilsOf(target, variant)
    return {
      enqueueOne: (payload) => utils.addJob(TASK, payload),
      enqueueMany: (payloads) => utils.addJobs(payloads.map((payload) => ({ identifier: TASK, payload }))),
      async work(concurrency, handler) {
        const runner = await run({
          preset: {
            extends: [WorkerPreset],
            worker: { ...(await workerOptions(target, variant)), concurrentJobs: concurrency },
          },
          taskList: { [TASK]: handler },
          parsedCronItems: [],
          noHandleSignals: true,
        })
        return () => runner.stop()
      },
      remaining: () =>
        utils.withPgClient(async (client) => {
          const { rows } = await client.query('select count(*) as open from graphile_worker.jobs')
          return Number(rows[0].open)
        }),
      close: () => utils.release(),
    }
  },

  sizeBytes: ({ url }) => databaseSizeBytes(url),
}

const workerOptions = async ({ url }, { options }) => {
  const { Logger } = await import('graphile-worker')
  const logger = new Logger(() => (level, message) => {
    if (level === 'error') console.error(`graphile-worker: ${message}`)
  })
  return { connectionString: url, logger, ...options }
}

const utilsOf = async (target, variant) => {
  const { makeWorkerUtils, WorkerPreset } = await import('graphile-worker')
  const worker = await workerOptions(target, variant)
  return makeWorkerUtils({ preset: { extends: [WorkerPreset], worker } })
}
