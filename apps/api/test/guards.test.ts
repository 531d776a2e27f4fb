import { Hono, type MiddlewareHandler } from 'hono'
import { describe, expect, it } from 'vitest'
import { requireBearer } from '../src/guards/bearer.js'
import { allowHosts } from '../src/guards/host.js'
import { BodyBudget } from '../src/guards/body-budget.js'
import { requireJson } from '../src/guards/json-body.js'
import { jsonDepth } from '../src/guards/json-depth.js'
import { refuseForeignOrigins } from '../src/guards/origin.js'
import { MAX_BODY_BYTES, readBody } from '../src/guards/read-body.js'
import { problemResponse } from '../src/problem.js'

const behind = (...guards: readonly MiddlewareHandler[]): Hono => {
  const app = new Hono()
  for (const guard of guards) app.use(guard)
  app.onError((error) => problemResponse(error, 'test'))
  app.all('*', async (c) => c.text(`passed ${(await c.req.text()).length}`))
  return app
}

const codeOf = async (response: Response): Promise<unknown> =>
  response.ok ? 'passed' : ((await response.json()) as { code: string }).code

describe('the Host guard', () => {
  const app = behind(allowHosts(['Files.example', 'proxy.example:8443', '0.0.0.0', '2001:db8::1']))
  const ask = async (host: string) => codeOf(await app.request('http://localhost/', { headers: { host } }))

  it.each([
    'localhost',
    'localhost:8787',
    'LOCALHOST:1',
    '127.0.0.1:8787',
    '[::1]:8787',
    'files.example',
    'files.example:99',
    'proxy.example:8443',
    '0.0.0.0:8787',
    '[2001:db8::1]:8787',
  ])('lets %s through', async (host) => {
    expect(await ask(host)).toBe('passed')
  })

  it.each([
    'evil.example',
    'localhost.evil.example',
    'localhost.',
    '127.0.0.1.nip.io',
    'proxy.example',
    'proxy.example:8444',
    'evil.example@localhost:80x',
    '',
  ])('refuses %j', async (host) => {
    expect(await ask(host)).toBe('http.host_refused')
  })

  it('refuses a foreign host in an absolute request target, whatever the header says', async () => {
    const response = await app.request('http://evil.example/', { headers: { host: 'localhost' } })

    expect(response.status).toBe(403)
    expect(await codeOf(response)).toBe('http.host_refused')
  })
})

describe('the Origin guard', () => {
  const app = behind(refuseForeignOrigins)
  const ask = (origin?: string) =>
    app.request('http://localhost:8787/', {
      headers: { host: 'localhost:8787', ...(origin === undefined ? {} : { origin }) },
    })

  it('lets programs through, which send none, and pages of this server', async () => {
    expect((await ask()).status).toBe(200)
    expect((await ask('http://localhost:8787')).status).toBe(200)
    expect((await ask('https://localhost:8787')).status).toBe(200)
  })

  it.each(['http://evil.example', 'null', 'http://localhost:3000', 'http://127.0.0.1:8787', 'http://localhost'])(
    'refuses %s',
    async (origin) => {
      const response = await ask(origin)

      expect(response.status).toBe(403)
      expect(await codeOf(response)).toBe('http.origin_refused')
    },
  )
})

describe('the token guard', () => {
  const token = 'abcdefghijklmnopqrstuvwxyz'
  const app = behind(requireBearer(token))
  const ask = (authorization?: string) =>
    app.request('/', authorization === undefined ? {} : { headers: { authorization } })

  it('lets the token through, however the scheme is written', async () => {
    expect((await ask(`Bearer ${token}`)).status).toBe(200)
    expect((await ask(`bearer  ${token}`)).status).toBe(200)
  })

  it.each([undefined, '', 'Bearer', 'Bearer ', token, `Basic ${token}`, `Bearer ${token} x`])(
    'asks for a token when it gets %j',
    async (authorization) => {
      const response = await ask(authorization)

      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="holdfast"')
      expect(await codeOf(response)).toBe('http.unauthorized')
    },
  )

  it.each([`Bearer ${token}x`, `Bearer ${token.slice(1)}`, 'Bearer x', `Bearer ${token.toUpperCase()}`])(
    'refuses the wrong token of %j',
    async (authorization) => {
      const response = await ask(authorization)

      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"')
    },
  )

  it('never repeats what it was given', async () => {
    const response = await ask('Bearer a-secret-that-is-wrong')

    expect(await response.text()).not.toContain('a-secret-that-is-wrong')
  })
})

describe('the body guards', () => {
  const app = behind(readBody(new BodyBudget()), requireJson)
  const json = { 'content-type': 'application/json' }
  const post = (body: string | Uint8Array<ArrayBuffer> | null, headers: Record<string, string> = json) =>
    app.request('/', { method: 'POST', body, headers })

  it.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
  ])('take %s', async (type) => {
    expect((await post('{}', { 'content-type': type })).status).toBe(200)
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'application/json, text/plain', ''])(
    'refuse the content type %j',
    async (type) => {
      const response = await post('{}', { 'content-type': type })

      expect(response.status).toBe(415)
      expect(await codeOf(response)).toBe('http.content_type')
    },
  )

  it('refuse a body of no declared type, and let a POST without a body through', async () => {
    const undeclared = await post(new TextEncoder().encode('{}'), {})
    const empty = await post(null, {})

    expect(await codeOf(undeclared)).toBe('http.content_type')
    expect(empty.status).toBe(200)
  })

  it.each(['', '{', '{"a":1,}', "{'a':1}", '[1,2', 'NaN', '{"a":"\u0001"}', '\u0000', '{} {}'])(
    'refuse %j as malformed',
    async (body) => {
      const response = await post(body)

      expect(response.status).toBe(400)
      expect(await codeOf(response)).toBe('http.malformed')
    },
  )

  it('refuse bytes that are not UTF-8', async () => {
    expect(await codeOf(await post(new Uint8Array([0x22, 0xff, 0x22])))).toBe('http.malformed')
  })

  it.each(['{"a":"\\u0000"}', '{"a":["\\ud800"]}', '{"\\udfff":1}', '"\\uDBFFx"'])(
    'refuse %s, which no database gives back unchanged',
    async (body) => {
      const response = await post(body)

      expect(response.status).toBe(422)
      expect(await codeOf(response)).toBe('input.invalid_text')
    },
  )

  it('take whole surrogate pairs and text that only looks like an escape', async () => {
    expect((await post('{"a":"\\ud83d\\ude00 \\\\u0000"}')).status).toBe(200)
  })

  it('refuse 10,000 nested lists without walking them', async () => {
    const response = await post('['.repeat(10_000) + ']'.repeat(10_000))

    expect(response.status).toBe(422)
    expect(await codeOf(response)).toBe('http.too_deep')
  })

  it('refuse one byte more than the limit, declared or not', async () => {
    const tooMuch = `"${'x'.repeat(MAX_BODY_BYTES - 1)}"`
    const streamed = new Request('http://localhost/', {
      method: 'POST',
      headers: json,
      body: new Blob([tooMuch]).stream(),
      // Needed for a body of unknown length; the DOM's types don't have it.
      duplex: 'half',
    } as RequestInit)

    for (const response of [
      await post(tooMuch, { ...json, 'content-length': String(tooMuch.length) }),
      await app.request(streamed),
    ]) {
      expect(response.status).toBe(413)
      expect(await codeOf(response)).toBe('http.too_large')
    }
    expect((await post(tooMuch.replace('x', ''))).status).toBe(200)
  })
})

describe('jsonDepth', () => {
  it.each([
    ['1', 0],
    ['"[[["', 0],
    ['"\\"[["', 0],
    ['[]', 1],
    ['{"a":[1,{"b":[]}]}', 4],
    ['[[],[],[[]]]', 3],
  ])('of %s is %i', (text, depth) => {
    expect(jsonDepth(text)).toBe(depth)
  })
})
