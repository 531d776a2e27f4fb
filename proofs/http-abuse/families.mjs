import fc from 'fast-check'
import { filled } from './routes.mjs'

const SQL = [
  `' OR '1'='1`,
  `'; DROP TABLE tasks; --`,
  `x') UNION SELECT tenant, id, input, result FROM work_items --`,
  `1; ATTACH DATABASE '/tmp/stolen.db' AS stolen`,
  `" OR 1=1 --`,
  `%' OR tenant = 'canary' --`,
  `/**/UNION/**/SELECT/**/load_extension('x')`,
  `* NEAR(secret) OR text:canary`,
]

const LIMIT_BYTES = 2 * 1_048_576
const DEEPEST = 10_000

const sql = fc.constantFrom(...SQL)
const anyText = fc.string({ unit: 'binary', maxLength: 80 })
const submission = (members) => ({ type: 'echo', input: null, ...members })
const post = (body, members = {}) => ({ method: 'POST', target: '/v1/tasks', body, ...members })
const query = (name, value) => `${name}=${encodeURIComponent(value.toWellFormed())}`
const isJson = (text) => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/**
 * Every kind of abuse, each as a source of cases.
 *
 * @param {object} knows
 * @param {import('./routes.mjs').Route[]} knows.routes
 * @param {string} knows.canary The name of the other tenant.
 * @param {string} knows.foreignToken A token of another server's.
 * @param {readonly string[]} knows.ids Of the caller's own.
 * @returns {Record<string, fc.Arbitrary<import('./request.mjs').Case>>}
 */
export const familiesOf = ({ routes, canary, foreignToken, ids }) => {
  const route = fc.constantFrom(...routes)
  const guarded = fc.constantFrom(...routes.filter(({ isPublic }) => !isPublic), {
    method: 'GET',
    path: '/openapi.json',
  })
  const naming = fc.constantFrom(...routes.filter(({ namesSomething }) => namesSomething))
  const asking = fc.constantFrom(...routes.filter((each) => each.query.length > 0))
  const id = fc.constantFrom(...ids)
  const text = fc.oneof(anyText, sql)
  const at = ({ method, path }, value, search = '') => ({ method, target: filled({ path }, value) + search })

  return {
    'malformed JSON': fc
      .oneof(
        anyText,
        fc.json().map((json) => json.slice(0, -1)),
        fc.json().map((json) => `${json}}`),
      )
      .filter((body) => body !== '' && !isJson(body))
      .map((body) => post({ text: body }, { answers: ['http.malformed', 'http.too_deep'] })),
    'bytes that are no UTF-8': fc
      .tuple(fc.uint8Array({ maxLength: 40 }), fc.constantFrom([0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80]))
      .map(([bytes, wrong]) =>
        Buffer.concat([Buffer.from('{"type":"'), Buffer.from(bytes), Buffer.from([...wrong, 0x22])]),
      )
      .map((bytes) => post({ base64: bytes.toString('base64') }, { answers: ['http.malformed'] })),
    'JSON too deep': fc
      .tuple(fc.integer({ min: 65, max: DEEPEST }), fc.constantFrom(['[', ']'], ['{"a":', '}']), fc.boolean())
      .map(([times, [open, close], closes]) =>
        post(
          { fill: open, times, after: closes ? `1${close.repeat(times)}` : '' },
          { answers: ['http.too_deep'], framing: closes ? 'length' : 'chunked' },
        ),
      ),
    'a body over the limit': fc
      .tuple(fc.integer({ min: 1, max: 65_536 }), fc.constantFrom(' ', 'a', '['), fc.constantFrom('length', 'chunked'))
      .map(([over, fill, framing]) =>
        post(
          { fill, times: LIMIT_BYTES + over, after: '{"type":"echo","input":1}' },
          { framing, answers: ['http.too_large'], mayBeCut: true },
        ),
      ),
    'a payload over its limit': fc
      .tuple(
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.constantFrom('input', 'metadata'),
        fc.constantFrom('length', 'chunked'),
      )
      .map(([bytes, member, framing]) =>
        post(
          { before: `{"type":"echo","${member}":{"a":"`, fill: 'a', times: 1_048_576 + bytes, after: '"}}' },
          { framing, answers: ['input.too_large'] },
        ),
      ),
    'members that come twice, or mean something to JavaScript': fc
      .tuple(
        fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'type', 'id', 'input'),
        fc.constantFrom(
          '{"id":"polluted","isAdmin":true}',
          '"polluted"',
          '{"prototype":{"id":"polluted"}}',
          'null',
          '[]',
        ),
        fc.constantFrom('', ',"input":', ',"metadata":'),
      )
      .map(([name, value, inside]) =>
        post(
          {
            text: inside
              ? `{"type":"echo"${inside}{"${name}":${value},"${name}":${value}}}`
              : `{"${name}":${value},"type":"echo","${name}":${value}}`,
          },
          name === 'id' && !inside ? {} : { never: '"id":"polluted"' },
        ),
      ),
    'texts that no database keeps': fc
      .tuple(
        fc.constantFrom('\\u0000', '\\ud800', '\\udfff', '\\udc00\\ud800'),
        anyText,
        fc.constantFrom('type', 'id', 'input', 'a'),
      )
      .map(([wrong, around, member]) => [`${JSON.stringify(around.toWellFormed()).slice(0, -1)}${wrong}"`, member])
      .map(([json, member]) =>
        post(
          { text: member === 'a' ? `{"type":"echo","input":{${json}:1}}` : `{"type":"echo","${member}":${json}}` },
          { answers: ['input.invalid_text', 'input.invalid', 'http.malformed'] },
        ),
      ),
    'submissions of anything': fc
      .record(
        {
          type: fc.oneof(fc.constant('echo'), fc.constant('greet'), text),
          input: fc.jsonValue({ maxDepth: 4 }),
          id: text,
          priority: fc.oneof(fc.integer(), fc.double(), text),
          delayMs: fc.oneof(fc.integer(), fc.maxSafeInteger()),
          visibleAtMs: fc.maxSafeInteger(),
          deadlineAtMs: fc.maxSafeInteger(),
          maxAttempts: fc.integer(),
          metadata: fc.jsonValue({ maxDepth: 3 }),
          tenant: fc.constant(canary),
          queue: fc.constant(canary),
        },
        { requiredKeys: ['type'] },
      )
      .map((body) => post({ text: JSON.stringify(body) })),
    'SQL text': fc
      .tuple(asking, sql, id)
      .map(([where, value, own]) => at(where, own, `?${where.query.map((name) => query(name, value)).join('&')}`)),
    'SQL text in a submission': fc
      .tuple(sql, sql, fc.constantFrom('id', 'type', 'input'))
      .map(([value, key, member]) =>
        post(
          { text: JSON.stringify(submission({ [member]: value })) },
          { headers: [['Idempotency-Key', `"${key.replace(/["\\]/g, '')}"`]] },
        ),
      ),
    'names of nothing': fc
      .tuple(naming, text)
      .filter(([, value]) => !ids.includes(value) && value !== '')
      .map(([where, value]) => at(where, encodeURIComponent(value.toWellFormed()))),
    'odd paths': fc
      .tuple(
        fc.constantFrom('/v1/tasks/', '/v1/items/', '/v1/', '/', '/v1/../'),
        fc.constantFrom(
          '%2e%2e%2f',
          '..%2f..%2fetc%2fpasswd',
          '%c0%ae%c0%ae/',
          '%e0%80%af',
          '%',
          '%zz',
          '%00',
          '//',
          '\\..\\',
          '%252e%252e',
          '.;/',
          '%ff%fe',
          '?',
          '#',
          '%F0%82%82%AC',
          ';x=1',
          '*',
        ),
        fc.constantFrom('', '/events', '/watch', '/cancel', '/../../health', '/%2e%2e/search'),
        fc.constantFrom('GET', 'POST', 'HEAD'),
      )
      .map(([start, odd, end, method]) => ({ method, target: `${start}${odd}${end}` })),
    'wrong methods': fc
      .tuple(
        route,
        id,
        fc.constantFrom(
          'PUT',
          'PATCH',
          'DELETE',
          'OPTIONS',
          'TRACE',
          'PROPFIND',
          'QUERY',
          'MOVE',
          'get',
          'FOO',
          'CONNECT',
          'M-SEARCH',
        ),
      )
      .map(([{ path }, own, method]) => ({ ...at({ method, path }, own), mayBeCut: method === 'CONNECT' })),
    'wrong content types': fc
      .constantFrom(
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/json; charset=utf-16',
        'application/jsonp',
        'text/json',
        ',',
        'application/json, text/plain',
        'application/JSON;a=b',
      )
      .map((type) =>
        post({ text: '{"type":"echo"}' }, { headers: [['Content-Type', type]], answers: ['http.content_type'] }),
      ),
    'cursors and positions that nobody gave': fc
      .tuple(
        asking,
        id,
        fc.constantFrom('cursor', 'limit', 'offset', 'after', 'state', 'type', 'q', 'namespace'),
        fc.oneof(
          text,
          fc.integer().map(String),
          fc.double().map(String),
          fc.constantFrom('', '1e3', '0x10', '-1', '9007199254740993', 'NaN', '[]', 'null'),
          fc.integer({ min: 0 }).map((seq) => Buffer.from(`after ${seq}`).toString('base64url')),
        ),
        fc.boolean(),
      )
      .map(([where, own, name, value, twice]) =>
        at(where, own, `?${query(name, value)}${twice ? `&${query(name, '1')}` : ''}`),
      ),
    'Last-Event-ID of another kind': fc
      .tuple(naming, id, fc.constantFrom('-1', '1.5', '9e9', '99999999999999999999', 'a', "' OR 1=1"))
      .filter(([{ path }]) => path.endsWith('/events'))
      .map(([where, own, value]) => ({
        ...at(where, own),
        headers: [
          ['Last-Event-ID', value],
          ['Accept', 'text/event-stream'],
        ],
        answers: ['input.invalid', 'work_item.not_found'],
      })),
    'wrong Idempotency-Keys': fc
      .constantFrom(
        '"',
        '""',
        '"unclosed',
        'two, keys',
        'ä',
        'a\tb',
        `"${'a'.repeat(256)}"`,
        'a'.repeat(256),
        '"a"b',
        '"\\n"',
        'two words',
      )
      .map((key) =>
        post({ text: '{"type":"echo"}' }, { headers: [['Idempotency-Key', key]], answers: ['http.idempotency_key'] }),
      ),
    'huge headers': fc
      .tuple(
        route,
        id,
        fc.integer({ min: 16_400, max: 65_536 }),
        fc.constantFrom('X-Long', 'Authorization', 'Idempotency-Key', 'Cookie', 'Host'),
      )
      .map(([where, own, bytes, name]) => ({
        ...at(where, own),
        headers: [[name, 'a'.repeat(bytes)]],
        mayBeCut: true,
        answers: ['http.headers_too_large'],
      })),
    'many headers': fc.tuple(guarded, id, fc.integer({ min: 100, max: 1_000 })).map(([where, own, count]) => ({
      ...at(where, own),
      headers: Array.from({ length: count }, (_, index) => [`X-${index}`, '1']),
    })),
    'wrong Hosts': fc
      .tuple(
        route,
        id,
        fc.constantFrom(
          'evil.example',
          '169.254.169.254',
          'localhost.evil.example',
          '[::2]',
          'localhost@evil.example',
          'a b',
          'evil.example:8787',
          '%31',
          '127.0.0.1.nip.io',
          '..',
        ),
      )
      .map(([where, own, host]) => ({
        ...at(where, own),
        headers: [['Host', host]],
        answers: ['http.host_refused', 'http.bad_request'],
      })),
    'foreign Origins': fc
      .tuple(
        route,
        id,
        fc.constantFrom(
          'https://evil.example',
          'null',
          'http://127.0.0.1:1',
          'file://',
          'http://localhost.evil.example',
          'x',
        ),
      )
      .map(([where, own, origin]) => ({
        ...at(where, own),
        headers: [['Origin', origin]],
        answers: ['http.origin_refused'],
      })),
    'no token, or a wrong one': fc
      .tuple(
        guarded,
        id,
        fc.constantFrom(
          '',
          'Bearer',
          'Bearer ',
          'Bearer wrong',
          `Bearer ${foreignToken}`,
          `Basic ${foreignToken}`,
          foreignToken,
          'Bearer a b',
          `Bearer ${'a'.repeat(8_000)}`,
          'Bearer null',
        ),
      )
      .map(([where, own, token]) => ({
        ...at(where, own),
        headers: [['Authorization', token]],
        answers: ['http.unauthorized'],
      })),
    'asking for the other tenant': fc
      .tuple(
        guarded,
        id,
        fc.constantFrom('X-Tenant', 'X-Holdfast-Tenant', 'Tenant', 'X-Forwarded-User', 'Cookie'),
        fc.constantFrom('tenant', 'tenantId', 'namespace', 'q'),
      )
      .map(([where, own, header, name]) => ({
        ...at(where, own, `?${name}=${canary}${name === 'q' ? '' : '&q=kookaburra'}`),
        headers: [[header, header === 'Cookie' ? `tenant=${canary}` : canary]],
      })),
    'what is no HTTP': fc
      .oneof(
        fc.uint8Array({ minLength: 1, maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
        fc
          .constantFrom(
            'GET / HTTP/9.9\r\n\r\n',
            'GET /\r\n\r\n',
            'GET /health HTTP/1.1\r\n\r\n',
            'GET /health HTTP/1.0\r\n\r\n',
            'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
            'GET /health HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n',
            'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\x00b\r\n\r\n',
            'GET http://evil.example/v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n',
            'GET ftp://127.0.0.1/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n',
            'POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\n\r\n',
            'POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!',
            'POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n',
            'POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
            'POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n',
            `POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}\r\na\r\n`,
            'POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
            'POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: the-impossible\r\nConnection: close\r\n\r\n',
            'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
            'OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n',
            'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n',
            '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
          )
          .map((head) => Buffer.from(head, 'latin1')),
      )
      .map((bytes) => ({ raw: bytes.toString('base64'), endsEarly: true, mayBeCut: true })),
  }
}

/**
 * As many cases as are asked for, as many of each family, mixed.
 *
 * @param {ReturnType<typeof familiesOf>} families
 * @param {{ cases: number, random: import('../support/random.mjs').Random }} options
 * @returns {import('./request.mjs').Case[]}
 */
export const casesOf = (families, { cases, random }) => {
  const names = Object.keys(families)
  const each = Math.ceil(cases / names.length)
  const all = names.flatMap((family) =>
    fc
      .sample(families[family], { numRuns: each, seed: random.int(2 ** 31) })
      .map((request) => ({ family, ...request })),
  )
  return random.shuffle(all).slice(0, cases)
}
