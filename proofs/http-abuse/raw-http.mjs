import { connect } from 'node:net'

/** Longer than any whole request takes to be answered, the machine being busy. */
const PATIENCE_MS = 20_000

/**
 * Sends bytes over a connection of their own, whatever they are, and gathers what comes back until the server closes.
 * A stream of events is left after its first message.
 *
 * @param {object} options
 * @param {number} options.port
 * @param {readonly Buffer[]} options.parts
 * @param {string} options.method An answer to HEAD has no body, whatever it says.
 * @param {boolean} [options.endsEarly] Whether the client says that it will send no more.
 * @param {number} [options.patienceMs]
 * @returns {Promise<{ answers: Answer[], raw: string, end: 'closed' | 'left' | 'silent' }>} `silent`: the server neither
 * answered nor closed.
 */
export const exchange = ({ port, parts, method, endsEarly = false, patienceMs = PATIENCE_MS }) =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const received = []
    const all = () => Buffer.concat(received)
    const finish = (end) => {
      clearTimeout(patience)
      socket.destroy()
      const bytes = all()
      resolve({ answers: answersIn(bytes, method), raw: bytes.toString('latin1'), end })
    }
    const patience = setTimeout(() => finish('silent'), patienceMs)
    socket.on('data', (chunk) => {
      received.push(chunk)
      if (isStreaming(all())) finish('left')
    })
    // What was cut off while it still sent may have been answered before.
    socket.on('error', () => {})
    socket.on('close', () => finish('closed'))
    for (const part of parts) socket.write(part)
    if (endsEarly) socket.end()
  })

const isStreaming = (bytes) => {
  const text = bytes.subarray(0, 4_096).toString('latin1')
  return /^content-type: text\/event-stream/im.test(text) && text.includes('\ndata: ')
}

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {Record<string, string>} headers By name in lower case.
 * @property {string} body
 */

/** The answers that stand in what a server sent, one after the other; without those that only promise one (1xx). */
export const answersIn = (bytes, method = 'GET') => {
  const answers = []
  let rest = bytes
  while (rest.length > 0) {
    const found = firstAnswer(rest, method)
    if (found === undefined) break
    if (found.answer.status >= 200) answers.push(found.answer)
    rest = rest.subarray(found.length)
  }
  return answers
}

const firstAnswer = (bytes, method) => {
  const headEnd = bytes.indexOf('\r\n\r\n')
  const [statusLine, ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n')
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1])
  if (headEnd === -1 || Number.isNaN(status)) return undefined
  const headers = Object.fromEntries(lines.map(headerOf))
  const from = headEnd + 4
  const { body, length } = bodyOf(bytes.subarray(from), headers, status < 200 || method === 'HEAD')
  return { answer: { status, headers, body }, length: from + length }
}

const headerOf = (line) => {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

const bodyOf = (bytes, headers, isBare) => {
  if (isBare) return { body: '', length: 0 }
  if (headers['transfer-encoding'] === 'chunked') return unchunked(bytes)
  const length = headers['content-length'] === undefined ? bytes.length : Number(headers['content-length'])
  return { body: bytes.subarray(0, length).toString('utf8'), length: Math.min(length, bytes.length) }
}

const unchunked = (bytes) => {
  const chunks = []
  let at = 0
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString('latin1'), 16)
    // Cut short, or the last one.
    if (lineEnd === -1 || !(size > 0))
      return { body: text(chunks), length: lineEnd === -1 ? bytes.length : lineEnd + 4 }
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
}

const text = (chunks) => Buffer.concat(chunks).toString('utf8')
