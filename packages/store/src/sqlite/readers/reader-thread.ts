// A thread with one `query_only` connection. Started by `reader-pool.ts`, as a built file.
import { parentPort, workerData } from 'node:worker_threads'
import { InvariantError, refusalOf } from '../../errors.js'
import type { Verdict } from '../../operation.js'
import { pause } from '../begin.js'
import { toStoreError } from '../database-errors.js'
import type { Submission } from '../group.js'
import { tableOf } from '../module.js'
import { CLOSE, type ThreadMessage } from '../supervised-thread.js'
import { openThreadFile } from '../thread-file.js'
import { importModules } from '../thread-modules.js'
import { isCheckpointWanted, LONGEST_PAUSE_MS } from '../wal/checkpoint-wanted.js'
import type { ReaderReady, ReaderThreadData } from './reader-pool.js'
import { runRead } from './run-read.js'

/** Between two looks at whether the checkpoint is through. */
const LOOK_MS = 1

const start = async (): Promise<void> => {
  const port = parentPort
  if (!port) throw new InvariantError('reader-thread.js is the entry of a worker thread')
  const { file, modules } = workerData as ReaderThreadData
  const table = tableOf(await importModules(modules))
  const connection = openThreadFile(file, 'reader')
  const say = (message: ThreadMessage<readonly Verdict<unknown>[]>): void => port.postMessage(message)
  port.on('message', (message: readonly Submission[] | typeof CLOSE) => {
    if (message === CLOSE) {
      connection.close()
      port.close()
      return
    }
    const reply = message.map((submission) => {
      letCheckpointPass(file.path)
      return runRead(connection, table, submission)
    })
    say({ kind: 'reply', reply })
  })
  const ready: ReaderReady = { operations: [...table.keys()] }
  port.postMessage({ kind: 'ready', ready })
}

/** Between two statements, while the thread holds no snapshot. */
const letCheckpointPass = (path: string): void => {
  for (let waitedMs = 0; waitedMs < LONGEST_PAUSE_MS && isCheckpointWanted(path); waitedMs += LOOK_MS) pause(LOOK_MS)
}

start().catch((error: unknown) => parentPort?.postMessage({ kind: 'failed', refusal: refusalOf(toStoreError(error)) }))
