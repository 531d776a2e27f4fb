#!/usr/bin/env node
import { resolveApiSettings, type ApiSettings } from './process/api-settings.js'
import { startApi } from './process/api-process.js'
import { EXIT_FAILURE, exitCodeOf } from './process/exit.js'
import { makeLog } from './process/log.js'
import { stopSignal } from './process/stop-signal.js'

/** The longest that stopping may take; whoever watches this process kills it soon after. */
const STOP_MS = 10_000

const stopping = stopSignal()
const log = makeLog(process.env.HOLDFAST_LOG_LEVEL)

try {
  const settings: ApiSettings = resolveApiSettings(process.env, process.cwd())
  const shutdown = await startApi(settings, log)
  await aborted(stopping)
  log.info({ reason: String(stopping.reason) }, 'stopping')
  setTimeout(() => {
    log.error(`not stopped after ${STOP_MS} ms; what was acknowledged is durable all the same`)
    process.exit(EXIT_FAILURE)
  }, STOP_MS).unref()
  await shutdown.run()
  log.info('stopped')
  process.exit(0)
} catch (error) {
  log.fatal({ err: error }, error instanceof Error ? error.message : 'could not start')
  process.exit(exitCodeOf(error))
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
