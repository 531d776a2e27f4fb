import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listen } from '../src/process/listen.js'
import { openTestApi, TOKEN, type TestApi } from './fixtures/test-api.js'

/** The API behind a real server, and a raw connection to it: what no well-behaved client would send. */
const openServer = async (api: TestApi) => {
  const server = await listen({ fetch: api.fetch, host: '127.0.0.1', port: 0 })
  onTestFinished(() => server.stop(100))
  const { port } = new URL(server.url)

  /** Sends the bytes and answers with all that comes back until the other side closes. */
  const send = (...chunks: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1')
      let received = ''
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1')
      })
      socket.on('error', reject)
      socket.on('close', () => resolve(received))
      for (const chunk of chunks) socket.write(chunk, 'latin1')
    })
  return { send, port: Number(port), url: server.url }
}

const request = (line: string, headers: Record<string, string>, body = ''): string =>
  `${line}\r\n${Object.entries({ connection: 'close', ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n${body}`

const authorized = { host: 'localhost', authorization: `Bearer ${TOKEN}` }
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])

describe('the API behind a real server', () => {
  it('refuses a foreign host in an absolute request target', async () => {
    const { send } = await openServer(await openTestApi())

    const answer = await send(request('GET http://evil.example/v1/tasks HTTP/1.1', authorized))

    expect(statusOf(answer)).toBe(403)
    expect(answer).toContain('http.host_refused')
  })

  it('refuses a request without a Host', async () => {
    const { send } = await openServer(await openTestApi())
    const { host: _, ...rest } = authorized

    expect(statusOf(await send(request('GET /v1/tasks HTTP/1.1', rest)))).toBe(400)
    expect(statusOf(await send(request('GET /v1/tasks HTTP/1.0', rest)))).toBe(400)
  })

  it.each([
    'GET /%zz HTTP/1.1',
    'GET /v1/tasks/%ff%fe HTTP/1.1',
    'GET //evil.example/v1 HTTP/1.1',
    'GET /v1/tasks?limit=%00 HTTP/1.1',
  ])('has a coded answer for %s', async (line) => {
    const { send } = await openServer(await openTestApi())

    const answer = await send(request(line, authorized))

    expect(statusOf(answer)).toBeGreaterThanOrEqual(400)
    expect(statusOf(answer)).toBeLessThan(500)
  })

  it('writes nothing of a body that was cut off', async () => {
    const api = await openTestApi()
    const { port } = await openServer(api)
    const body = '{"type":"slow","input":1}'
    const headers = { ...authorized, 'content-type': 'application/json', 'content-length': String(body.length + 1) }
    const socket = connect(port, '127.0.0.1')
    await new Promise((resolve) => socket.write(request('POST /v1/tasks HTTP/1.1', headers, body), resolve))

    socket.destroy()
    await new Promise((resolve) => socket.once('close', resolve))

    expect(await api.repos.tasks.list()).toEqual([])
  })

  it('refuses a chunked body over the limit without reading all of it', async () => {
    const { url } = await openServer(await openTestApi())
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 65_536
        controller.enqueue(new Uint8Array(65_536).fill(0x20))
        // A client that goes on after the refusal; it would never stop by itself.
        if (sent > 64 * 1_048_576) controller.close()
      },
    })

    const response = await fetch(`${url}/v1/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: endless,
      duplex: 'half',
    } as RequestInit)

    expect(response.status).toBe(413)
    expect(sent).toBeLessThan(32 * 1_048_576)
  })

  it('takes no more from the store than a slow client takes from it', async () => {
    let looks = 0
    const api = await openTestApi({
      storeOf: (repos) => ({
        ...repos,
        leases: {
          status: (id) => {
            looks += 1
            return repos.leases.status(id)
          },
        },
      }),
    })
    const id = await api.submit()
    const lease = await api.claim()
    const text = 'x'.repeat(100_000)
    for (let n = 0; n < 400; n += 1) await api.repos.events.log(lease, { text })
    const { port } = await openServer(api)
    const socket = connect(port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.write(request(`GET /v1/items/${id}/events HTTP/1.1`, { ...authorized, accept: 'text/event-stream' }))
    await new Promise((resolve) => socket.once('data', resolve))

    // It stops reading: the kernel's buffers fill up, a few megabytes of forty.
    socket.pause()
    let before = -1
    await expect
      .poll(
        () => {
          const isStill = before === looks
          before = looks
          return isStill
        },
        { interval: 200, timeout: 10_000 },
      )
      .toBe(true)

    expect(looks).toBeGreaterThan(0)
    expect(looks).toBeLessThan(15)
  })
})
