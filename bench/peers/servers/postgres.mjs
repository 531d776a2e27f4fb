import { startPostgres } from '../../../packages/testkit/dist/postgres/index.js'
import { askPostgres } from '../adapters/postgres-database.mjs'

/** Durable, and with room for four workers of 33 connections each; else as PostgreSQL ships. */
const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_connections: '400',
  shared_buffers: '256MB',
}

/** A PostgreSQL of this run alone, from npm's binaries. Nothing has to be installed. */
export const postgresServer = async () => {
  const server = await startPostgres(SETTINGS)
  return {
    async database() {
      const url = await server.createDatabase()
      const name = new URL(url).pathname.slice(1)
      return { url, drop: () => askPostgres(server.url, `drop database "${name}" with (force)`) }
    },
    stop: () => server.stop(),
  }
}
