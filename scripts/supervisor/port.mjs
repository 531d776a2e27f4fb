import { createServer } from 'node:net'

/**
 * Tries a port by listening on it for a moment.
 *
 * Asked before the API starts: were another server there, its answers could be taken for the API's. Port 0 asks for
 * any free one.
 *
 * @returns {Promise<{ port: number } | { code: string }>} The free port, or why it can't be had (`EADDRINUSE`, …).
 */
export function tryPort({ host, port }) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve({ code: error.code }))
    server.listen({ host, port, exclusive: true }, () => {
      const found = server.address().port
      server.close(() => resolve({ port: found }))
    })
  })
}
