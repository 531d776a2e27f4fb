import { isMainThread } from 'node:worker_threads'
import type { Connection } from './connection.js'

/** Kept from the garbage collector, which would close them. */
const abandoned = new Set<Connection>()

/**
 * Leaves a connection open until the process ends, because its file was taken from it (`store.detached`).
 *
 * The last connection that a process closes copies its WAL into the database and removes the file of that name, when
 * nobody else has the database open. From one that was detached that would be older pages over newer ones, and somebody
 * else's WAL. SQLite asks for nothing of this while another connection of the process is open: this one.
 *
 * A program that runs to its end closes what its libraries still have, so it is ended like one that calls
 * `process.exit()`, with the code that it would have had.
 */
export const abandon = (connection: Connection): void => {
  if (abandoned.size === 0 && isMainThread) process.once('exit', () => process.exit())
  abandoned.add(connection)
}
