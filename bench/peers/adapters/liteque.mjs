import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { eachAtOnce } from './callers.mjs'
import { fileSizeBytes } from './sqlite-size.mjs'

const FIRST_LOOK_MS = 100

export const liteque = {
  name: 'liteque',
  packages: ['liteque', 'better-sqlite3'],
  storage: 'file',
  hasBulk: false,
  unlike: [
    'Deletes finished jobs.',
    'Its transactions answer with promises, which better-sqlite3 11.10 and newer refuse: with those it only enqueues.',
    'Its settings have no defaults: those of its README are used (poll 1 s, timeout 60 s).',
  ],
  variants: [
    {
      name: 'as documented',
      level: 'process',
      durability: 'WAL, synchronous=NORMAL (set by liteque)',
      settings: 'pollIntervalMs 1000, timeoutSecs 60, numRetries 2',
      asShipped: true,
      jobsPerSecond: 1_200,
    },
  ],

  async create(place) {
    const { buildDBClient } = await import('liteque')
    const target = { path: join(await place.folder(), 'liteque.db') }
    clientOf(buildDBClient(target.path, { runMigrations: true })).close()
    return target
  },

  async open({ path }) {
    const { buildDBClient, Runner, SqliteQueue } = await import('liteque')
    const database = buildDBClient(path)
    const queue = new SqliteQueue('noop', database, { defaultJobArgs: { numRetries: 2 }, keepFailedJobs: false })
    return {
      enqueueOne: (payload) => queue.enqueue(payload),
      enqueueMany: (payloads) => eachAtOnce(payloads, 32, (payload) => queue.enqueue(payload)),
      async work(concurrency, handler) {
        const run = (job) => handler(job.data)
        const runner = new Runner(queue, { run }, { concurrency, pollIntervalMs: 1_000, timeoutSecs: 60 })
        const end = runner.run()
        // It ends at its first look for work where better-sqlite3 refuses transactions that answer with a promise.
        await Promise.race([end, sleep(FIRST_LOOK_MS)])
        end.catch((error) => console.error(`liteque: its runner ended: ${error.message}`))
        return () => {
          runner.stop()
          return end
        }
      },
      async remaining() {
        const { pending, pending_retry, running } = await queue.stats()
        return pending + pending_retry + running
      },
      close: async () => clientOf(database).close(),
    }
  },

  sizeBytes: ({ path }) => fileSizeBytes(path),
}

/** The better-sqlite3 connection: liteque's drizzle (0.33) has no `$client` yet. */
const clientOf = (database) => database.session.client
