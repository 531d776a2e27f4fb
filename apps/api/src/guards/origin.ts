import type { MiddlewareHandler } from 'hono'
import { RequestRefusedError } from '../problem.js'

/**
 * Refuses what another site's page sends from a browser. Only a page that this server itself served (same host and
 * port as the request) may call it; programs send no Origin and pass.
 *
 * @throws {RequestRefusedError} `http.origin_refused`
 */
export const refuseForeignOrigins: MiddlewareHandler = async (c, next) => {
  const origin = c.req.header('origin')
  if (origin !== undefined) {
    const host = (c.req.header('host') ?? new URL(c.req.url).host).toLowerCase()
    // Behind a proxy that ends TLS the page's scheme is https while ours is http.
    if (origin !== `http://${host}` && origin !== `https://${host}`) {
      throw new RequestRefusedError('http.origin_refused', `requests from Origin ${JSON.stringify(origin)} are refused`)
    }
  }
  await next()
}
