import type { MiddlewareHandler } from 'hono'

/** The part of a logger that this API uses; pino's has it. */
export interface ApiLog {
  debug(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

export const silent: ApiLog = { debug: () => {}, warn: () => {}, error: () => {} }

/** One line per request, at debug. No headers and no query: neither tokens nor what people search for. */
export const logRequests =
  (log: ApiLog): MiddlewareHandler =>
  async (c, next) => {
    const startedAtMs = performance.now()
    await next()
    log.debug(
      {
        requestId: c.get('requestId'),
        method: c.req.method,
        path: c.req.path,
        status: c.res.status,
        durationMs: Math.round(performance.now() - startedAtMs),
      },
      'request',
    )
  }
