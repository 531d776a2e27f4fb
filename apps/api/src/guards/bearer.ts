import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { RequestRefusedError } from '../problem.js'

/**
 * Lets a request through only with `Authorization: Bearer <token>`. The comparison takes the same time wherever the
 * two differ.
 *
 * @throws {RequestRefusedError} `http.unauthorized`
 * @see RFC 6750, The OAuth 2.0 Authorization Framework: Bearer Token Usage
 */
export const requireBearer = (token: string): MiddlewareHandler => {
  const wanted = digest(token)
  return async (c, next) => {
    const given = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
    if (given === undefined) throw unauthorized('send the token as Authorization: Bearer <token>', '')
    if (!timingSafeEqual(digest(given), wanted)) throw unauthorized('the token is wrong', ', error="invalid_token"')
    await next()
  }
}

// Digests have one length, which timingSafeEqual needs, and tell nothing about the token's.
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const unauthorized = (message: string, challenge: string): RequestRefusedError =>
  new RequestRefusedError('http.unauthorized', message, {
    headers: { 'WWW-Authenticate': `Bearer realm="holdfast"${challenge}` },
  })
