#!/usr/bin/env -S node --max-semi-space-size=4 --heap-growing-percent=30
import { aborted, EXIT_FAILURE, stopSignal } from '@holdfast/engine/app'
import { startApi } from './process/api-process.js'
import { resolveApiSettings } from './process/api-settings.js'
import { makeLog } from './process/log.js'
import { apiExitCodeOf } from './process/port-taken.js'

/** The longest that stopping may take; whoever watches this process kills it soon after. */
const STOP_MS = 10_000

const stopping = stopSignal()
const log = makeLog(process.env.HOLDFAST_LOG_LEVEL)

try {
  const shutdown = await startApi(resolveApiSettings(process.env, process.cwd()), log)
  const ended = AbortSignal.any([stopping, shutdown.needed])
  await aborted(ended)
  log.info({ reason: String(ended.reason) }, 'stopping')
  setTimeout(() => {
    log.error(`not stopped after ${STOP_MS} ms; what was acknowledged is durable all the same`)
    process.exit(EXIT_FAILURE)
  }, STOP_MS).unref()
  await shutdown.run()
  log.info('stopped')
  process.exit(shutdown.needed.aborted ? EXIT_FAILURE : 0)
} catch (error) {
  log.fatal({ err: error }, error instanceof Error ? error.message : 'could not start')
  process.exit(apiExitCodeOf(error))
}
