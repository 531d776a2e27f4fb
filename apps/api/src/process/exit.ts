import { StoreError } from '@holdfast/store'

/** sysexits.h EX_CONFIG: starting again without a change would end the same way. */
export const EXIT_CONFIGURATION = 78
/** EADDRINUSE on Linux. */
export const EXIT_PORT_TAKEN = 98
export const EXIT_FAILURE = 1

/** Something else listens where this server was to listen. */
export class PortTakenError extends Error {
  constructor(host: string, port: number) {
    super(`port ${port} of ${host} is taken; stop what uses it, or choose another one by HOLDFAST_PORT`)
    this.name = 'PortTakenError'
  }
}

/** Failures at start-up that only a person can mend. */
const CONFIGURATION_CODES: readonly string[] = [
  'store.not_a_database',
  'store.missing',
  'store.read_only',
  'store.newer_schema',
  'store.migration_changed',
  'store.durability_mismatch',
  'store.unsupported',
  'driver.missing',
  'driver.duplicate',
]

/** The exit code that tells a supervisor what kind of failure this is. */
export const exitCodeOf = (error: unknown): number => {
  if (error instanceof PortTakenError) return EXIT_PORT_TAKEN
  if (error instanceof StoreError && (error.code.startsWith('config.') || CONFIGURATION_CODES.includes(error.code))) {
    return EXIT_CONFIGURATION
  }
  return EXIT_FAILURE
}
