// What every program on Holdfast does around its work: API, worker, command line
export { Shutdown, type ShutdownLog } from './shutdown.js'
export { aborted, stopSignal } from './stop-signal.js'
export { EXIT_CONFIGURATION, EXIT_FAILURE, exitCodeOf } from './exit-code.js'
export { makeDataDir } from './data-dir.js'
export { findDatabase } from './configured-database.js'
export { openConfiguredStore, type ConfiguredStoreOptions } from './open-configured-store.js'
export { startSummary, type StartSummary } from './start-summary.js'
export { kindOfError, PacedLog, type TroubleLog } from './paced-log.js'
