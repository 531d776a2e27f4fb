import { join } from 'node:path'
import { fileSizeBytes } from './sqlite-size.mjs'

const TYPE = 'noop'
const QUIET = { error: console.error, warn: console.warn, info() {}, debug() {} }

export const plainjob = {
  name: 'plainjob',
  packages: ['plainjob', 'better-sqlite3'],
  storage: 'file',
  hasBulk: true,
  unlike: [
    'No fencing, no attempts, no journal: a job is one row that changes its status.',
    'A worker runs one job at a time, so concurrency 32 is 32 workers on one connection.',
    'Every call blocks the event loop of its caller; nobody else shares it here.',
  ],
  variants: [
    {
      name: 'NORMAL',
      level: 'process',
      durability: 'WAL, synchronous=NORMAL (set by plainjob)',
      settings: 'defaults',
      asShipped: true,
      jobsPerSecond: 20_000,
    },
    {
      name: 'FULL',
      level: 'power',
      durability: 'WAL, synchronous=FULL (set after plainjob opened the file)',
      settings: 'defaults',
      asShipped: false,
      jobsPerSecond: 7_000,
    },
  ],

  async create(place, variant) {
    const target = { path: join(await place.folder(), 'plainjob.db') }
    const connection = await this.open(target, variant)
    await connection.close()
    return target
  },

  async open({ path }, variant) {
    const { better, defineQueue, defineWorker, JobStatus } = await import('plainjob')
    const { default: Database } = await import('better-sqlite3')
    const database = new Database(path)
    const queue = defineQueue({ connection: better(database), logger: QUIET })
    if (variant.name === 'FULL') database.pragma('synchronous = FULL')
    return {
      enqueueOne: async (payload) => queue.add(TYPE, payload),
      enqueueMany: async (payloads) => queue.addMany(TYPE, payloads),
      async work(concurrency, handler) {
        const run = (job) => handler(JSON.parse(job.data))
        const workers = Array.from({ length: concurrency }, () => defineWorker(TYPE, run, { queue, logger: QUIET }))
        const ends = workers.map((worker) => worker.start())
        return async () => {
          await Promise.all(workers.map((worker) => worker.stop()))
          await Promise.all(ends)
        }
      },
      remaining: async () =>
        queue.countJobs({ status: JobStatus.Pending }) + queue.countJobs({ status: JobStatus.Processing }),
      close: async () => queue.close(),
    }
  },

  sizeBytes: ({ path }) => fileSizeBytes(path),
}
