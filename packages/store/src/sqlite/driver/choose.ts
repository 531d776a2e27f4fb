import { DriverUnknownError } from '../../errors.js'
import { betterSqlite3Location, openBetterSqlite3 } from './better-sqlite3.js'
import { libsqlLocation, openLibsql } from './libsql.js'
import { SQLITE_DRIVERS, type SqliteDriver } from './names.js'
import type { NativeDatabase } from './native.js'
import { nodeSqliteLocation, openNodeSqlite } from './node-sqlite.js'

/** A driver that is known to load on this Node. */
export interface ChosenDriver {
  readonly name: SqliteDriver
  /** Where its library lives. Two files opened by two copies of one library don't exclude each other. */
  readonly copy: string
  open(path: string): NativeDatabase
}

interface Driver {
  readonly locate: () => string
  readonly open: (path: string) => NativeDatabase
}

const DRIVERS: Readonly<Record<SqliteDriver, Driver>> = {
  libsql: { locate: libsqlLocation, open: openLibsql },
  'node:sqlite': { locate: nodeSqliteLocation, open: openNodeSqlite },
  'better-sqlite3': { locate: betterSqlite3Location, open: openBetterSqlite3 },
}

/**
 * The driver asked for, else the one named by `HOLDFAST_SQLITE_DRIVER`, else libsql. This is the only place that reads
 * the variable, so API, worker, command line and every program that opens a store obey it alike.
 *
 * @throws {DriverUnknownError} `driver.unknown`: there is no such driver; `details.choices` lists those there are.
 * @throws {DriverMissingError} `driver.missing`: the package isn't installed, or this Node is too old for it.
 */
export const chooseDriver = (asked?: SqliteDriver): ChosenDriver => {
  const name = asked === undefined ? driverOfEnvironment() : known(asked, 'the driver')
  const { locate, open } = DRIVERS[name]
  return { name, copy: locate(), open }
}

/** An empty variable is one that was unset the only way some tools can. */
const driverOfEnvironment = (): SqliteDriver =>
  known(process.env.HOLDFAST_SQLITE_DRIVER || SQLITE_DRIVERS[0], 'HOLDFAST_SQLITE_DRIVER')

const known = (name: string, where: string): SqliteDriver => {
  const driver = SQLITE_DRIVERS.find((each) => each === name)
  if (driver !== undefined) return driver
  throw new DriverUnknownError(`${where} must be one of ${SQLITE_DRIVERS.join(', ')}, not ${JSON.stringify(name)}`, {
    driver: name,
    choices: SQLITE_DRIVERS.join(', '),
  })
}
