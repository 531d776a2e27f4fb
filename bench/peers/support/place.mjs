import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Where one measurement keeps its data; gone afterwards, so that no run pays for the one before.
 *
 * @typedef {object} Place
 * @property {() => Promise<string>} folder
 * @property {() => Promise<string>} postgres The URL of an empty database.
 * @property {(appendfsync: string) => Promise<string>} redis The URL of a server with this setting.
 */

/**
 * @param {import('../servers/index.mjs').Servers} servers
 * @param {string} parent The folder below which files are made, on the disk that is measured.
 * @returns {Place & { remove(): Promise<void> }}
 */
export const newPlace = (servers, parent) => {
  const leftovers = []
  return {
    async folder() {
      const path = await mkdtemp(join(parent, 'queue-'))
      leftovers.push(() => rm(path, { recursive: true, force: true }))
      return path
    },
    async postgres() {
      const { url, drop } = await servers.postgresDatabase()
      leftovers.push(drop)
      return url
    },
    async redis(appendfsync) {
      const { url, empty } = await servers.redis(appendfsync)
      leftovers.push(empty)
      return url
    },
    async remove() {
      for (const away of leftovers.splice(0)) await away()
    },
  }
}
