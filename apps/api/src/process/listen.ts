import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { PortTakenError } from './port-taken.js'

/** A server that listens. */
export interface Listening {
  readonly url: string
  /** Takes no new connections, lets running requests end, and cuts off what is still open after `graceMs`. */
  stop(graceMs: number): Promise<void>
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
}): Promise<Listening> => {
  // No `hostname`: it would stand in for a Host that a request lacks, and the Host guard would see nothing amiss.
  const server = createAdaptorServer({
    fetch: options.fetch,
    serverOptions: { requestTimeout: 60_000, headersTimeout: 15_000, maxHeaderSize: 16_384 },
  }) as Server // without a `createServer` of ours it is a plain HTTP/1.1 server
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
