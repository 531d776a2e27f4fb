// The thread that owns the process's only write connection. Started by `thread-writer.ts`, as a built file.
import { parentPort, workerData } from 'node:worker_threads'
import type { StoreWarning } from '../../store.js'
import { InvariantError, refusalOf } from '../../errors.js'
import { beginTurn } from '../begin.js'
import { ringAfter } from '../bell/ring-after.js'
import { toStoreError } from '../database-errors.js'
import { type GroupOutcome, runGroup } from '../group.js'
import { tableOf } from '../module.js'
import { CLOSE, type ThreadMessage } from '../supervised-thread.js'
import { importModules } from '../thread-modules.js'
import { CommitStopwatch } from './commit-stopwatch.js'
import { BegunGroups, GroupLine, type HandedGroup } from './group-line.js'
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
  const stopwatch = new CommitStopwatch(() => performance.now())
  const context = {
    begin: () => {
      beginTurn(connection, turn, data.lockWaitMs)
      stopwatch.lap()
    },
    mustLetGo: () => turn.mustLetGo(stopwatch.lap()),
    marker,
  }
  const line = new GroupLine(new BegunGroups(data.begun), (group) => {
    const ran = runGroup(connection, table, group, context)
    const commitMs = stopwatch.stop()
    return ringAfter(commitMs === undefined ? ran : { ...ran, commitMs }, connection, ringer)
  })
  port.on('message', (message: HandedGroup | typeof CLOSE) => {
    if (message === CLOSE) {
      close()
      port.close()
      return
    }
    say({ kind: 'reply', reply: line.next(message) })
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
