import type { MiddlewareHandler } from 'hono'
import type { ApiEnv } from './routes/route.js'

/**
 * What every answer carries, refusals and streams included: the name of its request, and the wish that no cache keeps
 * what needed a token and no browser takes it for something else than it says it is.
 */
export const responseHeaders: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next()
  c.header('X-Request-Id', c.get('requestId'))
  c.header('Cache-Control', 'no-store')
  c.header('X-Content-Type-Options', 'nosniff')
}
