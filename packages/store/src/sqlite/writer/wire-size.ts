import { InvalidInputError } from '../../errors.js'

/** Deeper than any argument of ours; a cycle has no end. */
const MAX_DEPTH = 64

/**
 * About how many bytes `value` takes on its way through a thread. Text counts one byte a character.
 *
 * @throws {InvalidInputError} `input.invalid`: it holds a function, a symbol or a cycle, which can't cross. Types say so
 * already; this is for callers without them.
 */
export const wireSize = (value: unknown, depth = 0): number => {
  if (typeof value === 'string') return value.length
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new InvalidInputError(`an argument holds a ${typeof value}, which no operation can take`)
  }
  if (typeof value !== 'object' || value === null) return 8
  if (value instanceof Uint8Array) return value.byteLength
  if (depth === MAX_DEPTH) throw new InvalidInputError(`an argument is nested more than ${MAX_DEPTH} deep`)
  let bytes = 8
  for (const key in value) bytes += wireSize((value as Record<string, unknown>)[key], depth + 1) + 8
  return bytes
}
