import type { EngineStore } from '@holdfast/engine'
import { VERSION } from '../version.js'

/** Processes named in the start-up line at most. */
const PROCESSES_SHOWN = 20

/** What one needs to know about a process that has just started, for one log line. Holds no secret. */
export const startSummary = async (store: EngineStore): Promise<object> => {
  const { engine, driver, engineVersion, location, durability, settings } = store.info()
  const processes = await store.processes.list({ state: 'alive', limit: PROCESSES_SHOWN })
  return {
    version: VERSION,
    node: process.version,
    pid: process.pid,
    store: { engine, driver, version: engineVersion, location, durability, settings },
    processes: processes.map(({ kind, pid, host }) => ({ kind, pid, host })),
  }
}
