import { postgresServer } from './postgres.mjs'
import { redisServer } from './redis.mjs'

/**
 * The servers that peers need, each started when first asked for.
 *
 * @typedef {ReturnType<typeof newServers>} Servers
 */
export const newServers = () => {
  const started = new Map()
  const once = (name, start) => {
    if (!started.has(name)) started.set(name, start())
    return started.get(name)
  }
  return {
    async postgresDatabase() {
      const server = await once('postgres', postgresServer)
      return server.database()
    },
    redis: (appendfsync) => once(`redis ${appendfsync}`, () => redisServer(appendfsync)),
    async stop() {
      for (const starting of started.values()) {
        const server = await starting.catch(() => undefined)
        await server?.stop()
      }
    },
  }
}
