import { createProcess, createSweeper, type EngineStore, type Sweeper } from '@holdfast/engine'
import { kindOfError, makeDataDir, PacedLog, Shutdown, startSummary } from '@holdfast/engine/app'
import { Memory } from '@holdfast/memory'
import type { Logger } from 'pino'
import { createApi } from '../server.js'
import { OpenStreams } from '../streams/open-streams.js'
import { VERSION } from '../version.js'
import { removeApiFile, writeApiFile } from './api-file.js'
import type { ApiSettings } from './api-settings.js'
import { listen } from './listen.js'
import { loadApiConfig, openApiStore } from './open.js'
import { readOrMakeToken } from './token.js'

/** How long requests and streams may go on once the process was told to stop. */
const GRACE_MS = 5_000

/**
 * Runs the API: store, sweeper and server, in the order in which each needs the one before. What was started is
 * stopped in the opposite order by the answer's `run()`, also when a later step fails.
 *
 * @throws what a step refuses: `config.*`, `store.*`, {@link PortTakenError}.
 */
export const startApi = async (settings: ApiSettings, log: Logger): Promise<Shutdown> => {
  const shutdown = new Shutdown(log)
  try {
    await start(settings, log, shutdown)
    return shutdown
  } catch (error) {
    await shutdown.run()
    throw error
  }
}

const start = async (settings: ApiSettings, log: Logger, shutdown: Shutdown): Promise<void> => {
  const { dataDir, host, port } = settings
  await makeDataDir(dataDir)
  const token = await readOrMakeToken(dataDir, settings.token)
  const config = await loadApiConfig(settings)
  const paced = new PacedLog(log)

  const store = await openApiStore(settings, config, ({ code, message, details }) =>
    paced.warn(code, { code, ...details }, message),
  )
  shutdown.add('store', () => store.close())
  shutdown.whenDetached(store)
  const registered = createProcess({
    store,
    kind: 'api',
    version: VERSION,
    onError: (error) =>
      paced.warn(`heartbeat ${kindOfError(error)}`, { err: error }, "this process's heartbeat failed"),
  })
  await registered.start()
  shutdown.add('process', () => registered.stop())
  const sweeper = sweeperOf(store, log, paced)
  sweeper.start()
  shutdown.add('sweeper', () => sweeper.stop())

  const streams = new OpenStreams()
  const memory = new Memory(store, { tenant: settings.tenant })
  const { registry } = config
  const { fetch } = createApi({
    store,
    memory,
    tasks: registry,
    token,
    allowedHosts: settings.allowedHosts,
    streams,
    log,
    trouble: () => store.metrics().trouble,
  })
  const server = await listen({ fetch, host, port })
  shutdown.add('server', () => {
    streams.closeAll()
    return server.stop(GRACE_MS)
  })
  await writeApiFile(dataDir, { url: server.url, pid: process.pid })
  shutdown.add('api.json', () => removeApiFile(dataDir, process.pid))

  log.info(
    { ...(await startSummary(store, VERSION)), tasks: registry.names, tenant: settings.tenant, url: server.url },
    'ready',
  )
}

/** The API sweeps as well, so that work is recovered while no worker lives. */
const sweeperOf = (store: EngineStore, log: Logger, paced: PacedLog): Sweeper =>
  createSweeper({
    store,
    sweeper: `api:${process.pid}`,
    onScan: ({ errors, recovered, failed, deadProcesses }) => {
      for (const error of errors) paced.warn(`${error.step} ${error.code}`, error, 'a step of the sweep failed')
      if (recovered + failed + deadProcesses > 0) log.info({ recovered, failed, deadProcesses }, 'work was taken back')
    },
  })
