import type { DurabilityLevel } from '@holdfast/schema'
import { DURABILITY_LEVELS } from '@holdfast/schema'
import { DurabilityMismatchError, InvalidInputError, StoreCorruptError, type StoreError } from '../errors.js'
import type { DriverConnection } from './connection.js'

/** The level of a new file when nobody asks for another. */
export const DEFAULT_DURABILITY: DurabilityLevel = 'power'

/** `PRAGMA synchronous` of each level, as it reads back. */
export const SYNCHRONOUS: Readonly<Record<DurabilityLevel, number>> = {
  power: 2, // FULL: one sync per commit. In WAL mode EXTRA does nothing more (measured).
  process: 1, // NORMAL: power loss may take the last commits, never consistency
  none: 0, // OFF: an OS crash may corrupt the file
}

const isLevel = (value: unknown): value is DurabilityLevel => (DURABILITY_LEVELS as readonly unknown[]).includes(value)

/** @throws {InvalidInputError} `input.invalid`: an unknown level is never a silent default. */
export const assertLevel = (asked: unknown): void => {
  if (asked !== undefined && !isLevel(asked))
    throw new InvalidInputError(
      `there is no durability level ${String(asked)}: choose one of ${DURABILITY_LEVELS.join(', ')}`,
      {
        durability: String(asked),
      },
    )
}

const hasTable = (connection: DriverConnection, name: string): boolean =>
  connection.prepare(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?`).get(name) !== undefined

const isEmpty = (connection: DriverConnection): boolean =>
  connection.prepare('SELECT 1 FROM sqlite_master LIMIT 1').get() === undefined

/** The level that is recorded in the file; undefined while nobody has recorded one. */
export const recordedDurability = (connection: DriverConnection): DurabilityLevel | undefined => {
  if (!hasTable(connection, 'store_properties')) return undefined
  const row = connection.prepare(`SELECT value FROM store_properties WHERE name = 'durability'`).get()
  if (row === undefined) return undefined
  if (!isLevel(row.value))
    throw new StoreCorruptError(`the file records the durability level ${String(row.value)}`, {
      found: String(row.value),
    })
  return row.value
}

const mismatch = (found: string | null, asked: DurabilityLevel): StoreError =>
  new DurabilityMismatchError(
    `the file's durability level is ${found ?? 'not recorded'}, and ${asked} was asked for; changeDurability() changes it`,
    { found, asked },
  )

/**
 * The level at which this connection must run: the file's own. It belongs to the file, because one checkpoint by a
 * laxer connection undoes the promise of all stricter ones.
 *
 * @throws {DurabilityMismatchError} `store.durability_mismatch`: another level was asked for, or `none` on a file that
 * wasn't made so.
 */
export const durabilityOf = (connection: DriverConnection, asked: DurabilityLevel | undefined): DurabilityLevel => {
  const found = recordedDurability(connection)
  if (found !== undefined) {
    if (asked !== undefined && asked !== found) throw mismatch(found, asked)
    return found
  }
  if (asked === 'none' && !isEmpty(connection)) throw mismatch(null, asked)
  return asked ?? DEFAULT_DURABILITY
}
