import type { MiddlewareHandler } from 'hono'
import { RequestRefusedError } from '../problem.js'

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']

/**
 * Lets a request through only when it names a host that this server answers to: loopback, the host it is bound to,
 * and the hosts that were allowed by name.
 *
 * A web page can make its own name resolve to 127.0.0.1 and so reach a server on loopback (DNS rebinding), but the
 * browser still sends that page's name as Host.
 *
 * @param names Each a host (any port) or `host:port` (that port only), in any case.
 * @throws {RequestRefusedError} `http.host_refused`
 */
export const allowHosts = (names: readonly string[]): MiddlewareHandler => {
  const allowed = new Set([...LOOPBACK_NAMES, ...names].map((name) => bracketed(name.trim().toLowerCase())))
  const isAllowed = (host: string): boolean => allowed.has(host) || allowed.has(withoutPort(host))
  return async (c, next) => {
    // An absolute request target overrides the header, so both have to be right.
    const hosts = [c.req.header('host'), new URL(c.req.url).host].filter((host) => host !== undefined)
    for (const host of hosts) {
      if (!isAllowed(host.toLowerCase())) {
        throw new RequestRefusedError(
          'http.host_refused',
          `this server does not answer to Host ${JSON.stringify(host)}; HOLDFAST_ALLOWED_HOSTS lists further names`,
        )
      }
    }
    await next()
  }
}

const withoutPort = (host: string): string => host.replace(/:\d*$/, '')

/** An IPv6 address as it stands in a Host header. */
const bracketed = (name: string): string => (/^[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*$/.test(name) ? `[${name}]` : name)
