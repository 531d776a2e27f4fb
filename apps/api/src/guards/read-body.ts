import type { MiddlewareHandler } from 'hono'
import { RequestRefusedError } from '../problem.js'
import type { BodyBudget, KeptBody } from './body-budget.js'

/** The most a body may take. The store's own limit for an input is lower; this one bounds what is read at all. */
export const MAX_BODY_BYTES: number = 2 * 1_048_576
/**
 * What a piece of a body costs besides its bytes, rounded up: a client that sends byte by byte must not get hundreds for
 * each that is counted.
 */
export const PIECE_BYTES = 512

/**
 * Reads the body whole, and keeps it until the request is answered, within what all bodies may take together.
 *
 * @throws {RequestRefusedError} `http.too_large`; `http.overloaded`; `http.malformed` when the client leaves in the
 *   middle of it
 */
export const readBody =
  (budget: BodyBudget): MiddlewareHandler =>
  async (c, next) => {
    const { body, headers } = c.req.raw
    if (!body) return next()
    // Where it says less than it sends, or nothing, what comes is counted.
    if (Number(headers.get('content-length')) > MAX_BODY_BYTES) throw tooLarge()
    const reader = body.getReader()
    const kept = budget.open(() => {
      // It ends what waits for more. A stream that has failed by itself has nothing left to end.
      reader.cancel().catch(() => {})
    })
    try {
      const bytes = await readWhole(reader, kept, budget)
      // Where Hono keeps what it has read itself: everything behind works on these bytes, and no copy is made.
      Object.assign(c.req.bodyCache, { arrayBuffer: Promise.resolve(bytes) })
      return await next()
    } finally {
      budget.close(kept)
    }
  }

const readWhole = async (
  reader: ReadableStreamDefaultReader<Uint8Array>,
  kept: KeptBody,
  budget: BodyBudget,
): Promise<ArrayBuffer> => {
  const pieces: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw cutShort()
    })
    if (kept.isCutOff) throw budget.refusal()
    if (done) break
    size += value.length
    if (size > MAX_BODY_BYTES) throw tooLarge()
    budget.resize(kept, kept.bytes + value.length + PIECE_BYTES)
    pieces.push(value)
  }
  budget.arrived(kept)
  return joined(pieces, size)
}

const joined = (pieces: readonly Uint8Array[], size: number): ArrayBuffer => {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes.buffer
}

const tooLarge = (): RequestRefusedError =>
  new RequestRefusedError('http.too_large', `the body may take ${MAX_BODY_BYTES} bytes`, {
    details: { limitBytes: MAX_BODY_BYTES },
  })

/** Nobody is there to be told: this only says whose fault it was. */
const cutShort = (): RequestRefusedError => new RequestRefusedError('http.malformed', 'the body was cut short')
