import { InvalidInputError, type StoreError } from '../../errors.js'
import type { SqlValue } from '../connection.js'

/** What a library gives for a blob, as the bytes that the facade promises. */
export type BytesOf = (value: object) => Uint8Array

/**
 * Rows as every driver gives them. libsql and better-sqlite3 round integers past 2^53 in silence: such a number is
 * refused, because nobody can tell whether it is exact. Both mend in place: the rows were made for this call, and most
 * values stay as they are.
 *
 * @throws {InvalidInputError} `input.invalid`
 */
export const mendRow = (row: Record<string, SqlValue>, bytesOf: BytesOf): void => {
  for (const name in row) if (needsMending(row[name])) row[name] = mended(row[name], bytesOf)
}

/** The same for a row that is an array. */
export const mendArray = (row: SqlValue[], bytesOf: BytesOf): void => {
  for (let at = 0; at < row.length; at += 1) if (needsMending(row[at])) row[at] = mended(row[at], bytesOf)
}

const needsMending = (value: unknown): boolean =>
  typeof value === 'number' ? !Number.isSafeInteger(value) : typeof value === 'object' && value !== null

const mended = (value: unknown, bytesOf: BytesOf): SqlValue => {
  if (typeof value === 'object' && value !== null) return bytesOf(value)
  if (Number.isInteger(value)) throw inexact(value as number)
  return value as SqlValue // A fraction, or an infinity, which SQLite can hold.
}

const inexact = (value: number): StoreError =>
  new InvalidInputError(`a number past 2^53 was read (${value}): select it as text`, { kind: 'integer' })
