// A store of a test's own
export { openTestStore, type OpenTestStore, type TestStore, type TestStoreOptions } from './open-test-store.js'
export { sharedTestStore, type SharedTestStore } from './shared-test-store.js'
export { fakeClock, type FakeClock } from './fake-clock.js'

// Real processes
export { driverOfThisRun } from './processes/driver-of-this-run.js'
export { spawnNode, type Exit, type NodeProcess, type SpawnNodeOptions } from './processes/spawn-node.js'
export {
  startProgram,
  type FatalLine,
  type Program,
  type ReadyLine,
  type StartProgramOptions,
} from './processes/start-program.js'
export { StandingProgram } from './processes/standing-program.js'
