import { MAX_JSON_DEPTH } from './defaults.js'
import { InvalidInputError, PayloadTooLargeError, StoreCorruptError } from './errors.js'
import type { Payload } from './payload.js'

/**
 * How payloads (inputs, results, snapshots, responses) are kept: compressed, encrypted, or as they are. The name goes
 * into the row beside the payload, so rows written under different codecs live in one table.
 */
export interface PayloadCodec {
  /** Written into the row's `encoding`. Never changes its meaning: a new scheme is a new name. */
  readonly name: string
  encode(raw: Uint8Array): Uint8Array
  decode(data: Uint8Array): Uint8Array
}

/** The default: JSON as readable text, which the database itself checks. */
export const json: PayloadCodec = { name: 'json', encode: (raw) => raw, decode: (data) => data }

const utf8 = new TextEncoder()
const fromUtf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Turns a value into what a row holds.
 *
 * @param limitBytes The most its JSON may take, in UTF-8, before the codec makes it smaller.
 * @throws {InvalidInputError} `input.invalid`: JSON can't hold the value (undefined, a function, a cycle, a bigint), or
 * it is nested more than 1,000 deep.
 * @throws {PayloadTooLargeError} `input.too_large`
 */
export const encodePayload = (
  value: unknown,
  { codec = json, limitBytes }: { readonly codec?: PayloadCodec; readonly limitBytes: number },
): Payload => {
  const text = toJson(value)
  const raw = utf8.encode(text)
  if (raw.byteLength > limitBytes) {
    throw new PayloadTooLargeError(`the payload takes ${raw.byteLength} bytes as JSON; the limit is ${limitBytes}`, {
      bytes: raw.byteLength,
      limitBytes,
    })
  }
  const data = codec.name === json.name ? text : toBase64(codec.encode(raw))
  return { data, encoding: codec.name, rawBytes: raw.byteLength }
}

/**
 * Turns what a row holds back into the value.
 *
 * @param codecs Every codec that rows may have been written with; `json` is always known.
 * @throws {InvalidInputError} `input.invalid`: no codec of that name was given.
 * @throws {StoreCorruptError} `store.corrupt`: what is there is not what was written.
 */
export const decodePayload = (
  payload: Pick<Payload, 'data' | 'encoding'>,
  codecs: readonly PayloadCodec[] = [],
): unknown => {
  if (payload.encoding === json.name) return storedJson(payload.data)
  const codec = codecs.find(({ name }) => name === payload.encoding)
  if (!codec) {
    throw new InvalidInputError(`no codec is registered for payloads of encoding ${payload.encoding}`, {
      encoding: payload.encoding,
    })
  }
  return storedJson(utf8Text(codec.decode(fromBase64(payload.data))))
}

/**
 * The value of JSON that a row holds.
 *
 * @throws {StoreCorruptError} `store.corrupt`: only JSON is ever written, so its page was damaged.
 */
export const storedJson = (text: string): unknown => whole(() => JSON.parse(text))

const utf8Text = (bytes: Uint8Array): string => whole(() => fromUtf8.decode(bytes))

const whole = <Value>(read: () => Value): Value => {
  try {
    return read()
  } catch (cause) {
    throw new StoreCorruptError('a row holds something else than the JSON that was written to it', {}, { cause })
  }
}

const toJson = (value: unknown): string => {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    throw new InvalidInputError('the payload is not JSON: it holds a cycle or a bigint, or is too deep', {}, { cause })
  }
  if (text === undefined) throw new InvalidInputError(`the payload is not JSON: it is ${typeof value}`)
  if (isTooDeep(text)) throw new InvalidInputError(`the payload is nested more than ${MAX_JSON_DEPTH} deep`)
  return text
}

const OPEN = 0x5b // `[`; `{` is 0x20 above it
const CLOSE = 0x5d // `]`; `}` is 0x20 above it
const BRACES = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Looks only at texts that are long enough to be so deep. A megabyte takes 2 to 3 ms. */
const isTooDeep = (text: string): boolean => {
  if (text.length <= 2 * MAX_JSON_DEPTH) return false
  let depth = 0
  let inText = false
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) inText = !inText
    else if (inText) at += Number(char === BACKSLASH)
    else if ((char & ~BRACES) === OPEN && ++depth > MAX_JSON_DEPTH) return true
    else if ((char & ~BRACES) === CLOSE) depth -= 1
  }
  return false
}

// btoa and atob are in Node and in browsers alike. They work on "binary strings", which are built in slices because
// a call takes only so many arguments.
const SLICE = 0x8000

const toBase64 = (bytes: Uint8Array): string => {
  let binary = ''
  for (let at = 0; at < bytes.length; at += SLICE) binary += String.fromCharCode(...bytes.subarray(at, at + SLICE))
  return btoa(binary)
}

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
