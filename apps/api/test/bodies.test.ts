import type { ServerOptions } from 'node:http'
import type { Repositories } from '@holdfast/store'
import { describe, expect, it } from 'vitest'
import { MAX_BODY_BYTES, PIECE_BYTES } from '../src/guards/read-body.js'
import { BodyBudget, type ApiOptions } from '../src/index.js'
import { authorized, openServer, request, statusOf } from './fixtures/raw-server.js'
import { openTestApi, type TestApiOptions } from './fixtures/test-api.js'

const LIMIT_BYTES = 100_000
/** Two of these don't fit. */
const BIG_BYTES = 60_000

const openWith = async (options: TestApiOptions & { limitBytes?: number; limits?: ServerOptions } = {}) => {
  const { limitBytes = LIMIT_BYTES, limits, ...rest } = options
  const bodies = new BodyBudget(limitBytes)
  const server = await openServer(await openTestApi({ ...rest, bodies }), limits)
  const keeps = (bytes: number) => expect.poll(() => bodies.keptBytes, { timeout: 10_000 }).toBe(bytes)
  /** Opens a connection, and waits until what it sends is kept. */
  const openKept = async (text: string) => {
    const before = bodies.keptBytes
    const client = server.open(text)
    await expect.poll(() => bodies.keptBytes, { timeout: 10_000 }).toBeGreaterThan(before)
    return client
  }
  return { ...server, bodies, keeps, openKept }
}

const SHORT: ServerOptions = { requestTimeout: 200, headersTimeout: 200, connectionsCheckingInterval: 20 }

/** The client would send more on the same connection. */
const post = (framing: Record<string, string>, body: string): string =>
  request(
    'POST /v1/tasks HTTP/1.1',
    { ...authorized, connection: 'keep-alive', 'content-type': 'application/json', ...framing },
    body,
  )
const withLength = (body: string, length: number = body.length): string =>
  post({ 'content-length': String(length) }, body)
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`
const inChunks = (...texts: readonly string[]): string =>
  post({ 'transfer-encoding': 'chunked' }, texts.map(chunk).join(''))

const submission = (type: string, bytes = 10): string => JSON.stringify({ type, input: { name: 'a'.repeat(bytes) } })
/** So much of a body, and then nothing more. */
const STALLED: readonly [framing: string, (bytes: number) => string][] = [
  ['a length', (bytes) => withLength('{'.padEnd(bytes), bytes + 1)],
  ['chunks', (bytes) => inChunks('{'.padEnd(bytes))],
]
const stalled = (bytes: number): string => withLength('{'.padEnd(bytes), bytes + 1)

type Tasks = Repositories['tasks']

/** A store that submits in another way. */
const submittingBy =
  (submit: (tasks: Tasks, request: Parameters<Tasks['submit']>[0]) => ReturnType<Tasks['submit']>) =>
  (repos: Repositories): ApiOptions['store'] => ({
    ...repos,
    tasks: Object.assign(Object.create(repos.tasks) as Tasks, {
      submit: (request: Parameters<Tasks['submit']>[0]) => submit(repos.tasks, request),
    }),
  })

describe.each(STALLED)('bodies that do not come to their end (%s)', (_framing, stalledWith) => {
  it('take no more room together than they may: the one that came first is told to come again, and cut off', async () => {
    const { bodies, openKept, open } = await openWith()
    const first = await openKept(stalledWith(BIG_BYTES))

    const others = Array.from({ length: 10 }, () => open(stalledWith(BIG_BYTES)))
    const answer = await first.answer

    expect(statusOf(answer)).toBe(503)
    expect(answer).toContain('"code":"http.overloaded"')
    expect(answer.toLowerCase()).toContain('content-type: application/problem+json')
    expect(answer.toLowerCase()).toContain('retry-after: 1')
    expect(bodies.keptBytes).toBeLessThanOrEqual(LIMIT_BYTES)
    // All but one of the others as well, whichever came last.
    const cutOff: string[] = []
    for (const client of others) void client.answer.then((text) => cutOff.push(text))
    await expect.poll(() => cutOff.length, { timeout: 10_000 }).toBe(9)
    expect(new Set(cutOff.map(statusOf))).toEqual(new Set([503]))
    expect(bodies.keptBytes).toBeGreaterThanOrEqual(BIG_BYTES)
    expect(bodies.keptBytes).toBeLessThanOrEqual(LIMIT_BYTES)
  })

  it('keep nobody out: short and long requests are answered', async () => {
    const { openKept, open, bodies } = await openWith()
    await openKept(stalledWith(BIG_BYTES))
    await openKept(stalledWith(30_000))

    for (const bytes of [1, 1_000, 20_000, BIG_BYTES]) {
      const client = open(withLength(submission('greet', bytes)))
      await client.heard()
      expect(statusOf(await client.answer), `${bytes} bytes`).toBe(201)
    }
    expect(bodies.keptBytes).toBeLessThanOrEqual(LIMIT_BYTES)
  })

  it('give their room back when their client leaves', async () => {
    const { openKept, keeps } = await openWith()
    const clients = [await openKept(stalledWith(30_000)), await openKept(stalledWith(30_000))]

    for (const { socket } of clients) socket.destroy()

    await keeps(0)
  })

  it('give their room back when they take too long', async () => {
    const { openKept, keeps } = await openWith({ limits: SHORT })
    const client = await openKept(stalledWith(30_000))

    const answer = await client.answer

    expect(statusOf(answer)).toBe(408)
    expect(answer).toContain('"code":"http.timeout"')
    await keeps(0)
  })
})

describe('a body', () => {
  it.each([
    [201, 'answered', submission('greet')],
    [400, 'malformed', '{"type":'],
    [422, 'refused by a route', submission('nothing')],
    [413, 'too large for the store', submission('slow', 1_500_000)],
  ])('gives its room back when it was %i, %s', async (status, _what, body) => {
    const { open, keeps } = await openWith({ limitBytes: 2 * MAX_BODY_BYTES })
    for (const text of [withLength(body), inChunks(body, '')]) {
      const client = open(text)
      await client.heard()

      expect(statusOf(await client.answer)).toBe(status)
      await keeps(0)
    }
  })

  it('gives its room back when what works on it fails', async () => {
    const { open, keeps } = await openWith({
      storeOf: submittingBy(() => Promise.reject(new Error('broken'))),
    })
    const client = open(withLength(submission('greet')))
    await client.heard()

    expect(statusOf(await client.answer)).toBe(500)
    await keeps(0)
  })

  it('gives its room back when it turns out to be longer than any may be', async () => {
    const { open, keeps } = await openWith({ limitBytes: 2 * MAX_BODY_BYTES })
    const client = open(inChunks(...Array.from({ length: 33 }, () => ' '.repeat(65_536))))

    const answer = await client.answer

    expect(statusOf(answer)).toBe(413)
    expect(answer).toContain('"code":"http.too_large"')
    await keeps(0)
  })

  it('takes room for what has come of it, not for what was announced', async () => {
    const { openKept, bodies } = await openWith()

    await openKept(withLength('{"type":', MAX_BODY_BYTES))

    expect(bodies.keptBytes).toBe('{"type":'.length + PIECE_BYTES)
  })

  it('is refused unread when it announces more than any may have', async () => {
    const { open, bodies } = await openWith()

    const answer = await open(withLength('{"type":', MAX_BODY_BYTES + 1)).answer

    expect(statusOf(answer)).toBe(413)
    expect(bodies.keptBytes).toBe(0)
  })

  it('that goes on after its announced length is followed by something that is no request', async () => {
    const { open, keeps } = await openWith()
    const body = submission('greet')

    const answer = await open(withLength(`${body}${'x'.repeat(5_000)}`, body.length)).answer

    expect(answer.match(/HTTP\/1\.1 \d+/g)).toContain('HTTP/1.1 400')
    await keeps(0)
  })

  it('takes the room of the pieces in which it comes: many small ones cost more than their bytes', async () => {
    const { open, keeps } = await openWith()

    const client = open(inChunks('{'))
    for (let count = 0; count < 2 * (LIMIT_BYTES / PIECE_BYTES); count += 1) client.send(chunk(' '))
    const answer = await client.answer

    expect(statusOf(answer)).toBe(503)
    expect(answer).toContain('"code":"http.overloaded"')
    await keeps(0)
  })

  it('that is short and slow is left alone while long ones are cut off', async () => {
    const { openKept, open } = await openWith()
    const body = submission('greet')
    const slow = await openKept(withLength(body.slice(0, -1), body.length))
    const long = await openKept(stalled(BIG_BYTES))

    await openKept(stalled(30_000))
    open(stalled(30_000))
    expect(statusOf(await long.answer)).toBe(503)
    slow.send(body.slice(-1))
    await slow.heard()

    expect(statusOf(await slow.answer)).toBe(201)
  })

  it('that is whole is not cut off while it is worked on: what comes after it is refused', async () => {
    let goOn = (): void => {}
    const isAllowed = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const { openKept, open, keeps } = await openWith({
      storeOf: submittingBy((tasks, request) => isAllowed.then(() => tasks.submit(request))),
    })
    const first = await openKept(withLength(submission('greet', BIG_BYTES)))

    const second = await open(withLength(submission('greet', BIG_BYTES), 2 * BIG_BYTES)).answer
    goOn()
    await first.heard()

    expect(statusOf(second)).toBe(503)
    expect(second).toContain('"code":"http.overloaded"')
    expect(statusOf(await first.answer)).toBe(201)
    await keeps(0)
  })
})

describe('the log', () => {
  it('has one warning for all bodies that are cut off in a while, and no error', async () => {
    const told: string[] = []
    const { open } = await openWith({
      log: {
        debug: () => {},
        warn: (facts) => told.push(`warning ${(facts as { code: string }).code}`),
        error: () => told.push('error'),
      },
    })
    const clients = [open(stalled(BIG_BYTES)), open(stalled(BIG_BYTES)), open(stalled(BIG_BYTES))]
    let cutOff = 0
    for (const { answer } of clients) void answer.then(() => (cutOff += 1))

    await expect.poll(() => cutOff, { timeout: 10_000 }).toBe(2)

    expect(told).toEqual(['warning http.overloaded'])
  })
})
