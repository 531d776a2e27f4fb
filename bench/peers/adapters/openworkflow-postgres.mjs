import { connectionOf, UNLIKE } from './openworkflow.mjs'
import { databaseSizeBytes, DURABLE } from './postgres-database.mjs'

export const openworkflowPostgres = {
  name: 'openworkflow-postgres',
  packages: ['openworkflow', 'postgres'],
  storage: 'postgres',
  hasBulk: false,
  unlike: UNLIKE,
  variants: [
    {
      name: 'default',
      level: 'power',
      durability: DURABLE,
      settings: 'defaults',
      asShipped: true,
      jobsPerSecond: 700,
    },
  ],

  async create(place) {
    const { BackendPostgres } = await import('openworkflow/postgres')
    const target = { url: await place.postgres() }
    const backend = await BackendPostgres.connect(target.url)
    await backend.stop()
    return target
  },

  async open({ url }) {
    const { BackendPostgres } = await import('openworkflow/postgres')
    return connectionOf(await BackendPostgres.connect(url, { runMigrations: false }))
  },

  sizeBytes: ({ url }) => databaseSizeBytes(url),
}
