import { RequestRefusedError } from './problem.js'

/** Room is left in the store's limit of 512 for the prefix that keeps HTTP keys apart from others. */
export const MAX_KEY_LENGTH = 255

/**
 * The key of an `Idempotency-Key` header: a structured-field string (`"8e03978e…"`), as the draft writes it, or the
 * bare text that most clients send.
 *
 * @returns undefined when the header is absent.
 * @throws {RequestRefusedError} `http.idempotency_key`
 * @see draft-ietf-httpapi-idempotency-key-header; RFC 9651, section 3.3.3
 */
export const parseIdempotencyKey = (header: string | undefined): string | undefined => {
  if (header === undefined) return undefined
  const text = header.trim()
  const key = text.startsWith('"') ? quotedKey(text) : bareKey(text)
  if (key === undefined || key.length === 0 || key.length > MAX_KEY_LENGTH) {
    throw new RequestRefusedError(
      'http.idempotency_key',
      `Idempotency-Key must be 1 to ${MAX_KEY_LENGTH} printable ASCII characters, bare or as one quoted string`,
    )
  }
  return key
}

const quotedKey = (text: string): string | undefined =>
  /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/.exec(text)?.[1]?.replace(/\\(["\\])/g, '$1')

// No comma: two headers arrive joined by one, and which of them was meant nobody knows.
const bareKey = (text: string): string | undefined => (/^[\x21\x23-\x2b\x2d-\x7e]+$/.test(text) ? text : undefined)
