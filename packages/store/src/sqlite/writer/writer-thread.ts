// The thread that owns the process's only write connection. Started by `thread-writer.ts`, as a built file.
import { parentPort, workerData } from 'node:worker_threads'
import type { StoreWarning } from '../../store.js'
import { InvariantError, refusalOf } from '../../errors.js'
import { beginTurn } from '../begin.js'
import { ringAfter } from '../bell/ring-after.js'
import { toStoreError } from '../database-errors.js'
import { type GroupOutcome, runGroup, type Submission } from '../group.js'
import { tableOf } from '../module.js'
import { CLOSE, type ThreadMessage } from '../supervised-thread.js'
import { importModules } from '../thread-modules.js'
import type { WriterReady, WriterThreadData } from './thread-writer.js'
import { openWriteConnection } from './write-connection.js'
import { readSettings } from './writer-settings.js'

const start = async (): Promise<void> => {
  const port = parentPort
  if (!port) throw new InvariantError('writer-thread.js is the entry of a worker thread')
  const data = workerData as WriterThreadData
  const table = tableOf(await importModules(data.modules))
  const say = (message: ThreadMessage<GroupOutcome>): void => port.postMessage(message)
  const onWarning = (warning: StoreWarning): void => say({ kind: 'warning', warning })
  const { connection, marker, turn, walCheckpoint, ringer, close } = openWriteConnection(data, onWarning)
  const context = {
    begin: () => beginTurn(connection, turn, data.lockWaitMs),
    mustLetGo: () => turn.mustLetGo(performance.now()),
    marker,
  }
  port.on('message', (message: readonly Submission[] | typeof CLOSE) => {
    if (message === CLOSE) {
      close()
      port.close()
      return
    }
    say({ kind: 'reply', reply: ringAfter(runGroup(connection, table, message, context), connection, ringer) })
    // After the answer: nobody waits for it.
    walCheckpoint.afterGroup()
    turn.ended(performance.now())
  })
  const ready: WriterReady = {
    operations: [...table.keys()],
    driver: connection.driver,
    engineVersion: connection.sqliteVersion,
    settings: readSettings(connection),
  }
  port.postMessage({ kind: 'ready', ready })
}

start().catch((error: unknown) => parentPort?.postMessage({ kind: 'failed', refusal: refusalOf(toStoreError(error)) }))
