import { chooseDriver, SQLITE_DRIVERS, type SqliteDriver } from '../../src/sqlite/driver/choose.js'
import { facadeOver, type FacadeOptions } from '../../src/sqlite/driver/facade.js'
import type { DriverConnection } from '../../src/sqlite/connection.js'

const NODE_MAJOR = Number(process.versions.node.split('.')[0])

/** node:sqlite runs in these suites under Node 24, where `npm test` runs them a second time. */
export const HAS_NODE_SQLITE = NODE_MAJOR >= 24

/** The drivers that this Node can run. `choose.test.ts` says what the others answer. */
export const TESTED_DRIVERS: readonly SqliteDriver[] = SQLITE_DRIVERS.filter(
  (driver) => driver !== 'node:sqlite' || HAS_NODE_SQLITE,
)

/** A guarded connection without the factory: to a file, or in memory. */
export const openFacade = (
  driver: SqliteDriver,
  path = ':memory:',
  options: Partial<FacadeOptions> = {},
): DriverConnection => facadeOver(chooseDriver(driver).open(path), { role: 'writer', ...options })
