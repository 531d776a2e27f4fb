import { MAX_JSON_DEPTH } from './defaults.js'
import { InvalidInputError } from './errors.js'

/** Anything that JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * One text for one value: members sorted by UTF-16 code units, no spaces, numbers as ECMAScript writes them.
 *
 * @throws {InvalidInputError} `input.invalid`: a value that JSON can't say (undefined in a list, NaN, a function), or one
 * that is nested more than 1,000 deep, as a cycle is.
 * @see RFC 8785, JSON Canonicalization Scheme
 */
export const canonicalJson = (value: unknown): string => {
  const text = write(value)
  if (text === undefined) throw new InvalidInputError('the value has no JSON form')
  return text
}

const write = (value: unknown, depth = 0): string | undefined => {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new InvalidInputError(`${value} has no JSON form`)
    return JSON.stringify(value)
  }
  if (typeof value !== 'object') {
    if (value === undefined) return undefined
    throw new InvalidInputError(`a ${typeof value} has no JSON form`)
  }
  if (depth === MAX_JSON_DEPTH) throw new InvalidInputError(`the value is nested more than ${MAX_JSON_DEPTH} deep`)
  if ('toJSON' in value && typeof value.toJSON === 'function') return write(value.toJSON(), depth + 1)
  if (Array.isArray(value))
    return `[${value
      .map((item) => {
        const text = write(item, depth + 1)
        if (text === undefined) throw new InvalidInputError('a list holds undefined')
        return text
      })
      .join(',')}]`
  const members: string[] = []
  for (const key of Object.keys(value).sort()) {
    const text = write((value as Record<string, unknown>)[key], depth + 1)
    if (text !== undefined) members.push(`${JSON.stringify(key)}:${text}`)
  }
  return `{${members.join(',')}}`
}

/** `sha256:` and the 64 hex digits of the canonical JSON of `request`: whole, never cut. */
export const requestHash = async (request: unknown): Promise<string> => sha256(canonicalJson(request))

/** `sha256:` and the 64 hex digits of text or bytes. */
export const sha256 = async (data: string | Uint8Array<ArrayBuffer>): Promise<string> => {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return `sha256:${Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
