import { chooseDriver } from '../../src/sqlite/driver/choose.js'
import { facadeOver, type FacadeOptions } from '../../src/sqlite/driver/facade.js'
import { SQLITE_DRIVERS, type SqliteDriver } from '../../src/sqlite/driver/names.js'
import type { DriverConnection } from '../../src/sqlite/connection.js'

const NODE_MAJOR = Number(process.versions.node.split('.')[0])

/** node:sqlite runs in these suites under Node 24, where `npm test` runs them a second time. */
export const HAS_NODE_SQLITE = NODE_MAJOR >= 24

/** Nothing in this repository depends on better-sqlite3: `npm run test:drivers` brings it, and says so. */
export const HAS_BETTER_SQLITE3 = process.env.HOLDFAST_SQLITE_DRIVER === 'better-sqlite3' && !HAS_NODE_SQLITE

const IS_HERE: Readonly<Record<SqliteDriver, boolean>> = {
  libsql: true,
  'node:sqlite': HAS_NODE_SQLITE,
  'better-sqlite3': HAS_BETTER_SQLITE3,
}

/** The drivers that this run can load. `choose.test.ts` says what the others answer. */
export const TESTED_DRIVERS: readonly SqliteDriver[] = SQLITE_DRIVERS.filter((driver) => IS_HERE[driver])

/** A guarded connection without the factory: to a file, or in memory. */
export const openFacade = (
  driver: SqliteDriver,
  path = ':memory:',
  options: Partial<FacadeOptions> = {},
): DriverConnection => facadeOver(chooseDriver(driver).open(path), { role: 'writer', ...options })
