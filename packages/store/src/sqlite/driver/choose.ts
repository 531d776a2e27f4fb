import { InvalidInputError } from '../../errors.js'
import { libsqlLocation, openLibsql } from './libsql.js'
import type { NativeDatabase } from './native.js'
import { nodeSqliteLocation, openNodeSqlite } from './node-sqlite.js'

/** The SQLite libraries that the store can run on. */
export const SQLITE_DRIVERS = ['libsql', 'node:sqlite'] as const
export type SqliteDriver = (typeof SQLITE_DRIVERS)[number]

/** A driver that is known to load on this Node. */
export interface ChosenDriver {
  readonly name: SqliteDriver
  /** Where its library lives. Two files opened by two copies of one library don't exclude each other. */
  readonly copy: string
  open(path: string): NativeDatabase
}

const isDriver = (name: string): name is SqliteDriver => (SQLITE_DRIVERS as readonly string[]).includes(name)

/**
 * The driver asked for, else the one named by `HOLDFAST_SQLITE_DRIVER`, else libsql.
 *
 * @throws {DriverMissingError} `driver.missing`: the package isn't installed, or this Node is too old for it.
 * @throws {InvalidInputError} `input.invalid`: there is no such driver.
 */
export const chooseDriver = (asked?: SqliteDriver): ChosenDriver => {
  const name = asked ?? process.env.HOLDFAST_SQLITE_DRIVER ?? 'libsql'
  if (!isDriver(name))
    throw new InvalidInputError(`there is no SQLite driver ${name}: choose one of ${SQLITE_DRIVERS.join(', ')}`, {
      driver: name,
    })
  return name === 'libsql'
    ? { name, copy: libsqlLocation(), open: openLibsql }
    : { name, copy: nodeSqliteLocation(), open: openNodeSqlite }
}
