/**
 * The files that run again on every driver, as vitest is told: the contract of a store, what depends on processes, and
 * what the drivers are bent to. vitest matches parts of paths.
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
