import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { authorized, openServer, request, statusOf } from './fixtures/raw-server.js'
import { openTestApi, TOKEN } from './fixtures/test-api.js'

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

    for (const version of ['1.0', '1.1']) {
      const answer = await send(request(`GET /v1/tasks HTTP/${version}`, rest))
      expect(statusOf(answer)).toBe(400)
      expect(answer).toContain('"code":"http.bad_request"')
    }
  })

  it.each([
    [400, 'http.bad_request', 'what is no HTTP', 'GET / HTTP/9.9\r\n\r\n'],
    [400, 'http.bad_request', 'two lengths', 'POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n'],
    [400, 'http.bad_request', 'a Host that is none', 'GET / HTTP/1.1\r\nHost: a@b\r\nConnection: close\r\n\r\n'],
    [431, 'http.headers_too_large', 'long headers', `GET / HTTP/1.1\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`],
  ])('answers %i %s to %s, as a problem document, and closes the connection', async (status, code, _what, bytes) => {
    const { send } = await openServer(await openTestApi())

    const answer = await send(bytes)

    expect(statusOf(answer)).toBe(status)
    expect(answer.toLowerCase()).toContain('content-type: application/problem+json')
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ status, code })
  })

  it('ignores an expectation that it does not know', async () => {
    const { send } = await openServer(await openTestApi())

    expect(statusOf(await send(request('GET /health HTTP/1.1', { ...authorized, expect: 'wonders' })))).toBe(200)
  })

  it.each([
    ['Content-Length', 'Content-Length: 100\r\n\r\n{"type":'],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\n{"typ\r\n'],
  ])('takes a client that leaves in the middle of its body (%s) for no error of its own', async (_framing, rest) => {
    const logged = await new Promise<string>((resolve) => {
      const log = {
        debug: ({ path, status }: { path?: string; status?: number }) =>
          path === '/v1/tasks' && resolve(`a request that ended with ${status}`),
        warn: () => resolve('a warning'),
        error: () => resolve('an error'),
      }
      void openTestApi({ log })
        .then(openServer)
        .then(({ port }) => {
          const socket = connect(port, '127.0.0.1')
          const head = `Host: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\n`
          const before = 'GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n'
          socket.write(`${before}POST /v1/tasks HTTP/1.1\r\n${head}${rest}`)
          // Leaves once the server has begun to read: an answer to what is pipelined before it says so.
          socket.once('data', () => socket.destroy())
        })
    })

    expect(logged).toBe('a request that ended with 400')
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
