import { createWorker, loadConfig, type Settings } from '@holdfast/engine'
import { makeDataDir, openConfiguredStore, PacedLog, Shutdown, startSummary } from '@holdfast/engine/app'
import type { Logger } from 'pino'
import { VERSION } from './version.js'
import { logEvent, logPass, logScan } from './worker-log.js'

/**
 * Runs a worker: config, store and worker, in the order in which each needs the one before. What
 * was started is stopped in the opposite order by the answer's `run()`, also when a later step fails.
 *
 * @throws what a step refuses: `config.*`, `store.*`.
 */
export const startWorkerProcess = async (settings: Settings, log: Logger): Promise<Shutdown> => {
  const shutdown = new Shutdown(log)
  try {
    await start(settings, log, shutdown)
    return shutdown
  } catch (error) {
    await shutdown.run()
    throw error
  }
}

const start = async (settings: Settings, log: Logger, shutdown: Shutdown): Promise<void> => {
  const config = await loadConfig(settings.configPath)
  const { registry, queues, tenants } = config
  const { keepCheckpoints, ...kept } = config.retention || {}
  const paced = new PacedLog(log)
  await makeDataDir(settings.dataDir)

  const store = await openConfiguredStore({
    settings,
    config,
    // Handlers mostly write; what they look up by key is read in place.
    readers: 1,
    onWarning: ({ code, message, details }) => paced.warn(code, { code, ...details }, message),
  })
  shutdown.add('store', () => store.close())
  shutdown.whenDetached(store)

  const concurrency = settings.concurrency ?? config.concurrency
  const worker = createWorker({
    store,
    tasks: registry,
    process: { kind: 'worker', version: VERSION },
    sweep: {
      onScan: (scan) => logScan(log, paced, scan),
      ...(config.retention === false ? { keepCheckpoints: null } : {}),
      ...(keepCheckpoints === undefined ? {} : { keepCheckpoints }),
    },
    retention: config.retention === false ? false : { ...kept, onPass: (pass) => logPass(log, pass) },
    onEvent: (told) => logEvent(log, paced, told),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(queues ? { queues } : {}),
    ...(tenants ? { tenants } : {}),
  })
  shutdown.add('worker', () => worker.stop())
  await worker.start()

  log.info({ ...(await startSummary(store, VERSION)), tasks: registry.names, config: config.path }, 'ready')
}
