/**
 * The files that `npm run test:drivers` runs on every driver, as vitest is told: the contract of a store, what depends
 * on processes, and what the drivers are bent to. vitest matches parts of paths.
 */
export const DRIVER_SUITES = [
  '.contract.test.',
  '.process.test.',
  'packages/store/test/driver/',
  'packages/store/test/database/',
  // Minutes of kills, which the tests of each death by itself repeat in seconds.
  '--exclude=**/ingest-storm.process.test.ts',
  // What these show lies above the store: on which driver makes no difference to them.
  '--exclude=**/readmes.process.test.ts',
  '--exclude=**/test/backup.process.test.ts',
  '--exclude=**/api-crash.process.test.ts',
  '--exclude=**/api-refusal.process.test.ts',
  '--exclude=**/api-streams.process.test.ts',
  '--exclude=**/test/backup/verify.process.test.ts',
]

/**
 * Those of them that `npm test` runs again under Node 24: the contract, the driver port, whatever rests on the locks and
 * files of the SQLite that Node brings, and one end to end, in which a worker is killed. The first run shows the rest.
 */
export const NODE_24_SUITES = [
  '.contract.test.',
  'packages/store/test/driver/',
  'packages/store/test/database/',
  'packages/store/test/liveness/',
  'packages/store/test/lock/polite-lock.process.test.ts',
  'packages/store/test/migrator/',
  'packages/store/test/plans-records/',
  'packages/store/test/quick-check/',
  'packages/store/test/wal/',
  'packages/engine/test/readme.process.test.ts',
  'tests/storm/test/worker-death.process.test.ts',
]
