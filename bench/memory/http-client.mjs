import { Agent, request } from 'node:http'

/** A client that keeps its connections, as services do; `fetch` would be the slowest part of the row. */
export const httpClient = ({ port, token, sockets }) => {
  const agent = new Agent({ keepAlive: true, maxSockets: sockets })
  const send = (method, path, body) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body)
      const headers = {
        authorization: `Bearer ${token}`,
        ...(body && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      }
      const sent = request({ host: '127.0.0.1', port, agent, method, path, headers }, (response) => {
        let answer = ''
        response.setEncoding('utf8').on('data', (part) => {
          answer += part
        })
        response.on('end', () => {
          if (response.statusCode < 300) resolve(JSON.parse(answer))
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${answer}`))
        })
        response.on('error', reject)
      })
      sent.on('error', reject)
      sent.end(text)
    })
  return { send, close: () => agent.destroy() }
}
