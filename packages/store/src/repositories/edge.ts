import { MAX_LEASE_MS, MAX_METADATA_BYTES, MAX_NAME_LENGTH, MAX_PAGE_LIMIT } from '../defaults.js'
import { encodePayload } from '../codec.js'
import { InvalidInputError } from '../errors.js'
import { checkInteger } from '../input.js'

/** The last moment that a JavaScript Date can name: no time or duration is longer. */
export const MAX_TIME_MS = 8_640_000_000_000_000

/** @throws {InvalidInputError} `input.invalid` */
export const checkOneOf = <Value extends string>(name: string, value: Value, values: readonly Value[]): Value => {
  if (!values.includes(value)) {
    throw new InvalidInputError(`${name} must be one of ${values.join(', ')}, not ${String(value)}`, { name })
  }
  return value
}

/** @throws {InvalidInputError} `input.invalid` */
export const checkTime = (name: string, timeMs: number): number => checkInteger(name, timeMs, 0, MAX_TIME_MS)

/** @throws {InvalidInputError} `input.invalid` */
export const checkLease = (leaseMs: number): number => checkInteger('leaseMs', leaseMs, 1, MAX_LEASE_MS)

/** @throws {InvalidInputError} `input.invalid` */
export const checkPage = (limit: number): number => checkInteger('limit', limit, 1, MAX_PAGE_LIMIT)

/**
 * Metadata, evidence or an error as JSON text; null for undefined.
 *
 * @throws {PayloadTooLargeError} `input.too_large`
 */
export const metadataText = (value: unknown): string | null =>
  value === undefined ? null : encodePayload(value, { limitBytes: MAX_METADATA_BYTES }).data

/** What a failure is stored as: an Error gives its name, message and code, anything else is taken as it is. */
export const failureText = (error: unknown): string => {
  const failure = error instanceof Error ? describe(error) : error
  if (typeof failure !== 'object' || failure === null || !hasCodeAndMessage(failure)) {
    throw new InvalidInputError('an error must be an Error or an object with a code and a message')
  }
  return encodePayload(failure, { limitBytes: MAX_METADATA_BYTES }).data
}

const hasCodeAndMessage = (failure: object): boolean =>
  'code' in failure && typeof failure.code === 'string' && 'message' in failure && typeof failure.message === 'string'

/** Code of errors that carry none. */
const UNCODED_FAILURE = 'error'

/** Room for the text of an error beside its other members. */
const MAX_TEXT = 8_192

// Somebody else's error is stored as well as it can be: refusing it would lose the failure itself.
const describe = (error: Error): object => {
  const { name, message, stack, code } = error as { [member in keyof Error | 'code']?: unknown }
  return {
    code: typeof code === 'string' ? wellFormed(code, MAX_NAME_LENGTH) : UNCODED_FAILURE,
    name: wellFormed(name, MAX_NAME_LENGTH),
    message: wellFormed(message),
    ...(stack === undefined ? {} : { stack: wellFormed(stack) }),
  }
}

/** Some set the members of an Error to what is no text. */
const wellFormed = (text: unknown, most = MAX_TEXT): string =>
  String(text)
    .slice(0, most)
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replaceAll('\0', '\ufffd')
