import { connect } from 'node:net'

/*
 * Clients that want nothing but a place: run as a process of its own, it keeps as many connections of each kind open as
 * it was told, opens one more for each that the server cuts off, and remembers how long the server let each live.
 *
 * Arguments: port, token, and how many long bodies are begun in a second.
 * Asked `{ silent, kept, headers, body, … }`: how many of each there shall be from now on. Asked `count`: how many there
 * are, how many were cut off, and how long the longest of each lived.
 */
const [port, token, stalledPerSecond] = process.argv.slice(2)

/** Connections that one process opens in a second: what a server's backlog takes. */
const OPENED_PER_TICK = 40
const TICK_MS = 100
/** A slow client says one byte in as many ticks. */
const SILENT_TICKS = 30
/** The longest body that a server takes. */
const LONG_BYTES = 2 * 1_048_576

const HEAD = `POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n`
const KINDS = {
  /** Says nothing. */
  silent: { hello: '', drip: undefined },
  /** Was answered once, and stays. */
  kept: { hello: `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`, drip: undefined },
  /** Never comes to the end of its headers. */
  headers: { hello: `${HEAD}X-Slow: `, drip: 'a' },
  /** Never comes to the end of its body, whose length it has told. */
  body: { hello: `${HEAD}Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"type":"`, drip: 'a' },
  /** The same, in chunks. */
  chunks: {
    hello: `${HEAD}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"typ\r\n`,
    drip: '1\r\na\r\n',
  },
  /** Sends a long body at once, but for its last byte, and then nothing. */
  stalled: {
    hello: Buffer.concat([
      Buffer.from(`${HEAD}Content-Type: application/json\r\nContent-Length: ${LONG_BYTES}\r\n\r\n`),
      Buffer.alloc(LONG_BYTES - 1, ' '),
    ]),
    drip: undefined,
  },
}

const wanted = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, 0]))
const open = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, new Set()]))
const cut = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, { count: 0, longestMs: 0 }]))
let refused = 0
let tick = 0
/** Long bodies that may be begun by now: they cost both sides more than a connection does. */
let stalledDue = 0

const add = (kind) => {
  const { hello } = KINDS[kind]
  const socket = connect({ port: Number(port), host: '127.0.0.1' })
  const client = { socket, openedAt: undefined, phase: (tick + open[kind].size) % SILENT_TICKS }
  open[kind].add(client)
  socket.on('connect', () => {
    client.openedAt = performance.now()
    socket.write(hello)
  })
  socket.on('error', () => {}) // told by `close`
  socket.on('end', () => socket.destroy())
  socket.resume()
  socket.on('close', () => {
    open[kind].delete(client)
    if (client.isLeaving) return
    if (client.openedAt === undefined) {
      refused += 1
      return
    }
    cut[kind].count += 1
    cut[kind].longestMs = Math.max(cut[kind].longestMs, performance.now() - client.openedAt)
  })
}

const remove = (client) => {
  client.isLeaving = true
  client.socket.resetAndDestroy()
}

const isDue = (kind) => {
  if (kind !== 'stalled') return true
  if (stalledDue < 1) return false
  stalledDue -= 1
  return true
}

setInterval(() => {
  tick += 1
  stalledDue = Math.min(stalledPerSecond, stalledDue + (stalledPerSecond * TICK_MS) / 1_000)
  let left = OPENED_PER_TICK
  for (const kind of Object.keys(KINDS)) {
    for (; open[kind].size < wanted[kind] && left > 0 && isDue(kind); left -= 1) add(kind)
    const { drip } = KINDS[kind]
    if (drip === undefined) continue
    for (const { socket, openedAt, phase } of open[kind])
      if (phase === tick % SILENT_TICKS && openedAt !== undefined && socket.writable) socket.write(drip)
  }
}, TICK_MS)

const connected = (kind) => [...open[kind]].filter(({ openedAt }) => openedAt !== undefined)

const count = () => ({
  refused,
  ...Object.fromEntries(
    Object.keys(KINDS).map((kind) => {
      const oldestMs = Math.max(0, ...connected(kind).map(({ openedAt }) => performance.now() - openedAt))
      return [kind, { open: connected(kind).length, ...cut[kind], oldestMs }]
    }),
  ),
})

process.on('message', ({ ask }) => {
  if (ask === 'count') return process.send(count())
  Object.assign(wanted, ask)
  for (const kind of Object.keys(KINDS)) for (const client of [...open[kind]].slice(wanted[kind])) remove(client)
  return process.send('done')
})
process.send('ready')
