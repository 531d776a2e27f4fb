import { encodePayload } from '../codec.js'
import { MAX_METADATA_BYTES } from '../defaults.js'
import { StoreError } from '../errors.js'

/**
 * What people and lists read (metadata, evidence, findings) as JSON text, never through a codec.
 *
 * @throws {InvalidInputError} `input.invalid`: JSON can't hold it.
 * @throws {PayloadTooLargeError} `input.too_large`
 */
export const jsonText = (value: unknown): string => encodePayload(value, { limitBytes: MAX_METADATA_BYTES }).data

/** The same, where nothing given means NULL. */
export const jsonTextOrNull = (value: unknown): string | null => (value === undefined ? null : jsonText(value))

/** What JSON text of a row says; undefined for NULL. */
export const fromJsonText = (text: string | null): unknown => (text === null ? undefined : JSON.parse(text))

/** An error as JSON: a stable code and a message, and whatever else a plain object says about itself. */
export const errorText = (error: unknown): string => {
  if (error instanceof StoreError) return jsonText({ code: error.code, message: error.message, details: error.details })
  if (error instanceof Error) return jsonText({ code: error.name, message: error.message })
  if (typeof error === 'object' && error !== null) return jsonText(error)
  return jsonText({ code: 'error', message: String(error) })
}
