import type { MiddlewareHandler } from 'hono'
import { RequestRefusedError } from '../problem.js'
import type { BodyBudget, KeptBody } from './body-budget.js'

/** The most a body may take. The store's own limit for an input is lower; this one bounds what is read at all. */
export const MAX_BODY_BYTES: number = 2 * 1_048_576

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
    const declaredBytes = Number(headers.get('content-length') ?? Number.NaN)
    if (declaredBytes > MAX_BODY_BYTES) throw tooLarge()
    const reader = body.getReader()
    const kept = budget.open(() => {
      // It ends what waits for more. A stream that has failed by itself has nothing left to end.
      reader.cancel().catch(() => {})
    })
    try {
      const bytes = await readWhole({ reader, kept, budget, declaredBytes })
      // Where Hono keeps what it has read itself: everything behind works on these bytes, and no copy is made.
      Object.assign(c.req.bodyCache, { arrayBuffer: Promise.resolve(bytes) })
      return await next()
    } finally {
      budget.close(kept)
    }
  }

/** In one piece, however small the pieces are in which it comes: each would cost more than it holds. */
const readWhole = async (from: {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>
  readonly kept: KeptBody
  readonly budget: BodyBudget
  /** What the client says; nothing is believed but that no more is needed. */
  readonly declaredBytes: number
}): Promise<ArrayBuffer> => {
  const { reader, kept, budget, declaredBytes } = from
  let bytes = new Uint8Array(0)
  let size = 0
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw cutShort()
    })
    if (kept.isCutOff) throw budget.refusal()
    if (done) break
    const needed = size + value.length
    if (needed > MAX_BODY_BYTES) throw tooLarge()
    if (needed > bytes.length) {
      const most = declaredBytes >= needed ? declaredBytes : MAX_BODY_BYTES
      const room = Math.min(most, Math.max(needed, bytes.length * 2))
      budget.resize(kept, room)
      const grown = new Uint8Array(room)
      grown.set(bytes)
      bytes = grown
    }
    bytes.set(value, size)
    size = needed
  }
  budget.arrived(kept)
  return size === bytes.length ? bytes.buffer : bytes.buffer.slice(0, size)
}

const tooLarge = (): RequestRefusedError =>
  new RequestRefusedError('http.too_large', `the body may take ${MAX_BODY_BYTES} bytes`, {
    details: { limitBytes: MAX_BODY_BYTES },
  })

/** Nobody is there to be told: this only says whose fault it was. */
const cutShort = (): RequestRefusedError => new RequestRefusedError('http.malformed', 'the body was cut short')
