import { join } from 'node:path'
import { connectionOf, UNLIKE } from './openworkflow.mjs'
import { pagesInUse } from './sqlite-size.mjs'

export const openworkflowSqlite = {
  name: 'openworkflow-sqlite',
  packages: ['openworkflow', 'node:sqlite'],
  storage: 'file',
  hasBulk: false,
  unlike: [...UNLIKE, 'Runs on node:sqlite, so on Node 22.5 or newer only.'],
  variants: [
    {
      name: 'default',
      level: 'power',
      durability: 'WAL, synchronous=FULL (the default of SQLite)',
      settings: 'defaults',
      asShipped: true,
      jobsPerSecond: 300,
    },
  ],

  async create(place) {
    const { BackendSqlite } = await import('openworkflow/sqlite')
    const target = { path: join(await place.folder(), 'openworkflow.db') }
    await BackendSqlite.connect(target.path).stop()
    return target
  },

  async open({ path }) {
    const { BackendSqlite } = await import('openworkflow/sqlite')
    const backend = BackendSqlite.connect(path)
    const connection = await connectionOf(backend)
    return {
      ...connection,
      /** Only to fill a queue, which no row measures: an fsync per job would take minutes on most disks. */
      async enqueueMany(payloads) {
        backend.db.exec('PRAGMA synchronous = NORMAL')
        await connection.enqueueMany(payloads)
        backend.db.exec('PRAGMA synchronous = FULL')
      },
    }
  },

  async sizeBytes({ path }) {
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(path)
    try {
      return pagesInUse(database)
    } finally {
      database.close()
    }
  },
}
