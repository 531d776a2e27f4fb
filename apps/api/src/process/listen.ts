import { createServer, type Server, type ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { PortTakenError } from './port-taken.js'
import { problemOfAdapter, refuseUnreadable } from './unreadable.js'

/** A server that listens. */
export interface Listening {
  readonly url: string
  /** Takes no new connections, lets running requests end, and cuts off what is still open after `graceMs`. */
  stop(graceMs: number): Promise<void>
}

const LIMITS: ServerOptions = {
  requestTimeout: 60_000,
  headersTimeout: 15_000,
  // Node looks for slow clients every 30 s unless told otherwise, and a client lives for as much longer.
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16_384,
  // A request without a Host is refused all the same, and then with a problem document.
  requireHostHeader: false,
}

/**
 * Serves `fetch` over HTTP/1.1.
 *
 * @throws {PortTakenError} when something else listens there.
 */
export const listen = async (options: {
  readonly fetch: (request: Request) => Response | Promise<Response>
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  /** In place of some of this server's own, for who can't wait as long. */
  readonly limits?: ServerOptions
}): Promise<Listening> => {
  // No `hostname`: it would stand in for a Host that a request lacks, and the Host guard would see nothing amiss.
  const answer = getRequestListener(options.fetch, { errorHandler: problemOfAdapter })
  const server = createServer({ ...LIMITS, ...options.limits }, (incoming, outgoing) => void answer(incoming, outgoing))
  refuseUnreadable(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new PortTakenError(options.host, options.port) : error),
    )
    server.listen(options.port, options.host, resolve)
  })
  return { url: urlOf(options.host, (server.address() as AddressInfo).port), stop: (graceMs) => stop(server, graceMs) }
}

const stop = async (server: Server, graceMs: number): Promise<void> => {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const cutOff = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearTimeout(cutOff)
}

// An address that means "every interface" can be listened on, but not asked.
const urlOf = (host: string, port: number): string => {
  const asked = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${asked.includes(':') ? `[${asked}]` : asked}:${port}`
}
