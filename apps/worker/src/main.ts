#!/usr/bin/env -S node --max-semi-space-size=4 --heap-growing-percent=30
import { resolveSettings } from '@holdfast/engine'
import { aborted, EXIT_FAILURE, exitCodeOf, stopSignal } from '@holdfast/engine/app'
import { makeLog } from './log.js'
import { startWorkerProcess } from './worker-process.js'

/** The longest that stopping may take: the worker's own grace, and a little more for the store. */
const STOP_MS = 15_000

const stopping = stopSignal()
const log = makeLog(process.env.HOLDFAST_LOG_LEVEL)

try {
  const shutdown = await startWorkerProcess(resolveSettings(process.env, process.cwd()), log)
  const ended = AbortSignal.any([stopping, shutdown.needed])
  await aborted(ended)
  log.info({ reason: String(ended.reason) }, 'stopping: running tasks finish or are handed back')
  setTimeout(() => {
    log.error(`not stopped after ${STOP_MS} ms; what was acknowledged is durable all the same`)
    process.exit(EXIT_FAILURE)
  }, STOP_MS).unref()
  await shutdown.run()
  log.info('stopped')
  process.exit(shutdown.needed.aborted ? EXIT_FAILURE : 0)
} catch (error) {
  log.fatal({ err: error }, error instanceof Error ? error.message : 'could not start')
  process.exit(exitCodeOf(error))
}
