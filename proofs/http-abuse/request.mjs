/**
 * A request as a case describes it: plain JSON, so that one that broke something can be kept and sent again.
 *
 * @typedef {object} Case
 * @property {string} family What kind of abuse it is.
 * @property {string} [method]
 * @property {string} [target] As it stands in the request's first line.
 * @property {readonly [string, string][]} [headers] In place of, or besides, those that an honest client sends.
 * @property {Body} [body]
 * @property {'length' | 'chunked'} [framing]
 * @property {string} [raw] In place of all of it: the bytes on the wire, as base64.
 * @property {boolean} [endsEarly] The client says that it will send no more.
 * @property {boolean} [mayBeCut] The server may close without an answer that arrives.
 * @property {readonly string[]} [answers] The codes that it may be refused with, and `ok` for none; any 4xx and any
 * success where it isn't said.
 * @property {string} [never] What a success must not say.
 *
 * @typedef {{ text: string } | { base64: string } | { fill: string, times: number, before?: string, after?: string }} Body
 */

const CHUNK_BYTES = 65_536

/**
 * The bytes of a case, in parts. Names of headers are kept as they come, twice where they come twice.
 *
 * @param {Case} request
 * @param {{ port: number, token: string }} server
 * @returns {Buffer[]}
 */
export const bytesOf = (request, { port, token }) => {
  if (request.raw !== undefined) return [Buffer.from(request.raw, 'base64')]
  const { method = 'GET', target = '/', headers = [], framing = 'length' } = request
  const body = request.body === undefined ? undefined : bodyBytes(request.body)
  const named = new Set(headers.map(([name]) => name.toLowerCase()))
  const usual = [
    ['Host', `127.0.0.1:${port}`],
    ['Authorization', `Bearer ${token}`],
    ['Connection', 'close'],
    ...(body ? [['Content-Type', 'application/json'], framingOf(framing, body)] : []),
  ].filter(([name]) => !named.has(name.toLowerCase()))
  // A header without a value is one that is left out.
  const lines = [...usual, ...headers].filter(([, value]) => value !== '').map(([name, value]) => `${name}: ${value}`)
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  if (!body) return [head]
  return framing === 'chunked' ? [head, ...chunked(body)] : [head, body]
}

const framingOf = (framing, body) =>
  framing === 'chunked' ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(body.length)]

const bodyBytes = ({ text, base64, fill, times, before = '', after = '' }) => {
  if (text !== undefined) return Buffer.from(text)
  if (base64 !== undefined) return Buffer.from(base64, 'base64')
  return Buffer.from(before + fill.repeat(times) + after)
}

const chunked = (body) => {
  const parts = []
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    const chunk = body.subarray(at, at + CHUNK_BYTES)
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
  }
  return [...parts, Buffer.from('0\r\n\r\n')]
}
