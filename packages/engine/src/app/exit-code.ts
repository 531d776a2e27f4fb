import { StoreError } from '@holdfast/store'

/** sysexits.h EX_CONFIG: starting again without a change would end the same way. */
export const EXIT_CONFIGURATION = 78
export const EXIT_FAILURE = 1

/** Failures at start-up that only a person can mend. */
const CONFIGURATION_CODES: ReadonlySet<string> = new Set([
  'store.not_a_database',
  'store.missing',
  'store.read_only',
  'store.newer_schema',
  'store.migration_changed',
  'store.durability_mismatch',
  'store.unsupported',
  'driver.unknown',
  'driver.missing',
  'driver.duplicate',
  'driver.unfit',
])

/** The exit code that tells a supervisor whether it is of any use to start this process again. */
export const exitCodeOf = (error: unknown): number =>
  error instanceof StoreError && (error.code.startsWith('config.') || CONFIGURATION_CODES.has(error.code))
    ? EXIT_CONFIGURATION
    : EXIT_FAILURE
