import { InvalidInputError, InvalidTextError, type StoreError } from '../../errors.js'
import type { SqlValue } from '../connection.js'

const MAX_INT64 = 2n ** 63n - 1n
const MIN_INT64 = -(2n ** 63n)

const unbindable = (value: unknown, position: number): StoreError => {
  const kind = value instanceof Date ? 'Date' : value === null ? 'null' : typeof value
  const shown = typeof value === 'number' ? String(value) : kind
  return new InvalidInputError(`parameter ${position + 1} can't be bound: ${shown}`, { position: position + 1, kind })
}

const bindText = (value: string, position: number): string => {
  if (value.includes('\0'))
    throw new InvalidTextError(`parameter ${position + 1} holds a NUL`, { position: position + 1, problem: 'nul' })
  if (!isWellFormed(value))
    throw new InvalidTextError(`parameter ${position + 1} holds a lone surrogate`, {
      position: position + 1,
      problem: 'lone_surrogate',
    })
  return value
}

/** True for text that both databases store as it is: no NUL, no lone surrogate. */
export const isPlainText = (value: string): boolean => !value.includes('\0') && isWellFormed(value)

// String.prototype.isWellFormed is in Node 20 and not yet in the ES2023 types.
const isWellFormed = (value: string): boolean => (value as unknown as { isWellFormed(): boolean }).isWellFormed()

const bindNumber = (value: number, position: number): number => {
  // A whole number past 2^53 has lost digits already; a fraction, however large its neighbours, has not.
  if (Number.isFinite(value) && (Number.isSafeInteger(value) || !Number.isInteger(value))) return value
  throw unbindable(value, position)
}

const bindOne = (value: unknown, position: number): SqlValue => {
  switch (typeof value) {
    case 'string':
      return bindText(value, position)
    case 'number':
      return bindNumber(value, position)
    case 'boolean':
      return value ? 1 : 0
    case 'bigint':
      if (value >= MIN_INT64 && value <= MAX_INT64) return value
      throw unbindable(value, position)
    default:
      if (value === null || value instanceof Uint8Array) return value
      throw unbindable(value, position)
  }
}

/**
 * The parameters as every driver may have them, in one new array: libsql aborts the process on a boolean, and takes a
 * lone Buffer for named parameters.
 *
 * @throws {InvalidInputError} `input.invalid`: undefined, a Date, an object, NaN, or a number past 2^53.
 * @throws {InvalidTextError} `input.invalid_text`: text that the database would cut or change.
 */
export const bindable = (params: readonly unknown[], expected: number): SqlValue[] => {
  if (params.length !== expected)
    throw new InvalidInputError(`the statement takes ${expected} parameters and was given ${params.length}`, {
      expected,
      given: params.length,
    })
  return params.map(bindOne)
}
