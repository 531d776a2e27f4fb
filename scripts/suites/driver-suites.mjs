/**
 * The files that run again on every driver: the contract of a store, what depends on processes, and what the drivers are
 * bent to. vitest matches parts of paths.
 */
export const DRIVER_SUITES = [
  '.contract.test.',
  '.process.test.',
  'packages/store/test/driver/',
  'packages/store/test/database/',
]
