import { randomUUID } from 'node:crypto'
import { STATUS_CODES, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { RequestError } from '@hono/node-server'
import { problemOf, problemResponse, RequestRefusedError } from '../problem.js'

/** What Node's parser calls it when a request is not even read; all else is `http.bad_request`. */
const CODES: Readonly<Record<string, readonly [code: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['http.headers_too_large', 'the headers, or the path, are too long'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['http.too_large', 'the extensions of a chunk are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: ['http.timeout', 'the request did not arrive in time'],
}

/**
 * Answers with a problem document what never becomes a request: bytes that are no HTTP, headers that are too long, and a
 * client that takes too long to say what it wants. Then the connection is closed: nobody knows where the next request
 * would begin.
 */
export const refuseUnreadable = (server: Server): void => {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // A client that left hears nothing, and what is being answered must not have another answer in its middle.
    if (error.code === 'ECONNRESET' || !socket.writable || isBeingAnswered(socket)) socket.destroy()
    else socket.end(asBytes(refusalOf(error)), () => socket.destroy())
  })
  // What a client expects and this server doesn't know may be ignored (RFC 9110, section 10.1.1): Node would answer 417.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
}

/** A request that the adapter could not make sense of, such as one without a Host; or what a handler never answered. */
export const problemOfAdapter = (error: unknown): Response => {
  const id = randomUUID()
  const refusal = error instanceof RequestError ? new RequestRefusedError('http.bad_request', error.message) : error
  const response = problemResponse(refusal, id)
  response.headers.set('X-Request-Id', id)
  return response
}

const refusalOf = ({ code = '' }: NodeJS.ErrnoException): RequestRefusedError =>
  new RequestRefusedError(...(CODES[code] ?? ['http.bad_request', 'this is not HTTP/1.1']))

const asBytes = (refusal: RequestRefusedError): string => {
  const id = randomUUID()
  const { problem, headers } = problemOf(refusal, id)
  const body = JSON.stringify(problem)
  const lines = Object.entries({
    ...headers,
    'X-Request-Id': id,
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n${body}`
}

// Node keeps the answer that a connection is at under this name, looks at it in its own default for this event, and has no
// public way to ask.
const isBeingAnswered = (socket: Duplex): boolean => {
  const { _httpMessage: answer } = socket as Duplex & { _httpMessage?: { headersSent?: boolean } | null }
  return answer?.headersSent === true || socket.writableLength > 0
}
