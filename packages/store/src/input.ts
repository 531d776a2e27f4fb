import { MAX_NAME_LENGTH } from './defaults.js'
import { InvalidInputError, InvalidTextError, PayloadTooLargeError } from './errors.js'

/**
 * Text that every engine gives back unchanged: no NUL (SQLite cuts it on read, PostgreSQL refuses it) and no lone
 * surrogate (there is no UTF-8 for it).
 *
 * @throws {InvalidTextError} `input.invalid_text`
 */
export const checkText = (name: string, text: string): string => {
  if (typeof text !== 'string') throw new InvalidInputError(`${name} must be text, not ${typeof text}`, { name })
  if (text.includes('\u0000')) throw new InvalidTextError(`${name} holds a NUL character`, { name })
  if (!isWellFormed(text)) throw new InvalidTextError(`${name} holds half of a surrogate pair`, { name })
  return text
}

/** Text that names something: checked, not empty, at most {@link MAX_NAME_LENGTH} characters. */
export const checkName = (name: string, text: string): string => {
  checkText(name, text)
  if (text.length === 0) throw new InvalidInputError(`${name} must not be empty`, { name })
  if (text.length > MAX_NAME_LENGTH)
    throw new PayloadTooLargeError(`${name} has ${text.length} characters, at most ${MAX_NAME_LENGTH} are taken`, {
      name,
      bytes: text.length,
      limitBytes: MAX_NAME_LENGTH,
    })
  return text
}

/**
 * An integer within its bounds, both included.
 *
 * @throws {InvalidInputError} `input.invalid`
 */
export const checkInteger = (name: string, value: number, least: number, most: number): number => {
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw new InvalidInputError(`${name} must be an integer from ${least} to ${most}, not ${String(value)}`, { name })
  return value
}

// ES2024, in every Node that we support; the types of our target are older.
const isWellFormed = (text: string): boolean => (text as unknown as { isWellFormed(): boolean }).isWellFormed()
