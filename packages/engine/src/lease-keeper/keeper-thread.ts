import { InvariantError, refusalOf, StoreError, systemClock } from '@holdfast/store'
import { openStore, type SqliteDriver } from '@holdfast/store/sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { systemTimers } from '../timers.js'
import { Heartbeats } from './heartbeats.js'
import type { FromKeeperThread, KeeperThreadData, ToKeeperThread } from './keeper-message.js'

/*
 * The thread behind `ThreadKeeper`. It has an event loop and a connection of its own, so that neither a handler that
 * blocks the main thread nor a long queue of writes keeps a heartbeat from the file. It knows no task and no handler.
 */

const port = parentPort
if (!port) throw new Error('keeper-thread.js runs as a worker thread, started by ThreadKeeper')

const tell = (message: FromKeeperThread): void => port.postMessage(message)

const tellError = (error: unknown): void => {
  const known = error instanceof StoreError ? error : new InvariantError(String(error))
  tell({ type: 'error', refusal: refusalOf(known) })
}

const open = async () => {
  const { path, driver, keeperId } = workerData as KeeperThreadData
  try {
    return await openStore({
      path,
      writer: 'inline',
      create: false,
      ids: () => keeperId,
      driver: driver as SqliteDriver, // what the main thread's store on this file says that it runs on
    })
  } catch (error) {
    tellError(error)
    return undefined
  }
}

const store = await open()
if (store) {
  const heartbeats = new Heartbeats({
    beat: (batch, leaseMs, isLive) => store.leases.heartbeatAll(batch, { leaseMs, isLive }),
    onRefused: (lease, code, message) => tell({ type: 'refused', lease, code, message }),
    onError: tellError,
    timers: systemTimers,
    clock: systemClock,
  })
  const stop = async (): Promise<void> => {
    await heartbeats.stop()
    await store.close()
    port.close()
  }
  port.on('message', (message: ToKeeperThread) => {
    switch (message.type) {
      case 'leases':
        for (const { keys, leaseMs } of message.drop) for (const key of keys) heartbeats.dropKey(key, leaseMs)
        for (const { keys, leaseMs } of message.hold) for (const key of keys) heartbeats.holdKey(key, leaseMs)
        return
      case 'stop':
        stop().catch(tellError)
    }
  })
  tell({ type: 'ready' })
}
