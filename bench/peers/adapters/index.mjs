import { bullmq } from './bullmq.mjs'
import { graphileWorker } from './graphile-worker.mjs'
import { holdfast } from './holdfast.mjs'
import { liteque } from './liteque.mjs'
import { openworkflowPostgres } from './openworkflow-postgres.mjs'
import { openworkflowSqlite } from './openworkflow-sqlite.mjs'
import { pgBoss } from './pg-boss.mjs'
import { plainjob } from './plainjob.mjs'

/**
 * One way to set a peer up.
 *
 * @typedef {object} Variant
 * @property {string} name
 * @property {'process' | 'power'} level What an acknowledged job survives, in Holdfast's words: the level of Holdfast
 *   that is measured beside it.
 * @property {string} durability The peer's own setting that makes it so.
 * @property {string} settings What else was set; `defaults` where nothing was.
 * @property {boolean} asShipped True for the one that a newcomer gets: the rows about behaviour take only this one.
 * @property {number} jobsPerSecond Roughly what it works off, so that a run lasts about as long as was asked for.
 * @property {object} [options] For the adapter alone.
 */

/**
 * A connection of one process to a peer's queue.
 *
 * @typedef {object} Connection
 * @property {(payload: Payload) => Promise<unknown>} enqueueOne Resolves when the peer has acknowledged the job.
 * @property {(payloads: Payload[]) => Promise<unknown>} enqueueMany
 * @property {(concurrency: number, handler: (payload: Payload) => Promise<void>) => Promise<() => Promise<void>>} work
 *   Starts a worker; the answer stops it, and a second `work` may follow.
 * @property {() => Promise<number>} remaining Jobs of this connection's `enqueueMany` that the store doesn't show as
 *   completed.
 * @property {() => Promise<void>} close
 */

/**
 * A queue that can be measured. It imports what it needs only when it is used, so this table loads without an install.
 *
 * @typedef {object} Peer
 * @property {string} name
 * @property {readonly string[]} packages Whose versions are printed; all have to load.
 * @property {'file' | 'postgres' | 'redis'} storage
 * @property {readonly Variant[]} variants
 * @property {boolean} hasBulk False where the library has no call that enqueues many at once.
 * @property {readonly string[]} unlike What a reader has to know before comparing the figures.
 * @property {(place: import('../support/place.mjs').Place, variant: Variant) => Promise<object>} create An empty queue,
 *   as plain data that other processes can be told.
 * @property {(target: object, variant: Variant) => Promise<Connection>} open
 * @property {(target: object) => Promise<number>} sizeBytes What its jobs take, in a process that has nothing open.
 */

/** @typedef {{ n: number, text: string }} Payload */

/** @type {Peer} */
export const HOLDFAST = holdfast

/** @type {readonly Peer[]} */
export const PEERS = [plainjob, liteque, openworkflowSqlite, openworkflowPostgres, bullmq, pgBoss, graphileWorker]

/** @returns {Peer} */
export const peerNamed = (name) => {
  const peer = [HOLDFAST, ...PEERS].find((each) => each.name === name)
  if (!peer) throw new Error(`there is no peer ${name}; there are: ${PEERS.map((each) => each.name).join(', ')}`)
  return peer
}
