import type { HeldLease } from '@holdfast/store'
import { describe, expect, it } from 'vitest'
import { OpenStreams } from '../src/index.js'
import { EventReader } from './fixtures/sse.js'
import { openTestApi, problemOf, type TestApi } from './fixtures/test-api.js'

const stream = { accept: 'text/event-stream' }

const follow = async (api: TestApi, path: string, headers: Record<string, string> = {}): Promise<EventReader> => {
  const response = await api.ask(path, { headers: { ...stream, ...headers } })
  if (response.status !== 200) throw new Error(await response.text())
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  return new EventReader(response)
}

const running = async (
  options: Parameters<typeof openTestApi>[0] = {},
): Promise<TestApi & { id: string; lease: HeldLease }> => {
  const api = await openTestApi(options)
  const id = await api.submit()
  return { ...api, id, lease: await api.claim() }
}

describe("an item's journal as server-sent events", () => {
  it('sends every event in order, then `end`, then ends', async () => {
    const api = await running()
    await api.repos.leases.complete(api.lease, 'hello')

    const messages = await (await follow(api, `/v1/items/${api.id}/events`)).rest()

    expect(messages.map(({ id, event }) => [id, event])).toEqual([
      [1, 'item.enqueued'],
      [2, 'lease.claimed'],
      [3, 'item.completed'],
      [undefined, 'end'],
    ])
    expect(messages[1]?.data).toMatchObject({ workItemId: api.id, position: 2, type: 'lease.claimed', actor: 'w-1' })
    expect(messages.at(-1)?.data).toEqual({ state: 'completed' })
  })

  it('sends what happens while it is open', async () => {
    const api = await running()
    const reader = await follow(api, `/v1/tasks/${api.id}/events`)
    await reader.until('lease.claimed')

    await api.repos.events.log(api.lease, { said: 'hi' })
    const log = await reader.next()
    await api.repos.leases.complete(api.lease, 'hello')
    const rest = await reader.rest()

    expect(log).toMatchObject({ id: 3, event: 'log', data: { data: { said: 'hi' } } })
    expect(rest.map(({ event }) => event)).toEqual(['item.completed', 'end'])
  })

  it('has no gap and no repeat across reconnects while rows are being added', async () => {
    const api = await running()
    const total = 400
    const writing = (async () => {
      for (let n = 0; n < total; n += 1) await api.repos.events.log(api.lease, { n })
      await api.repos.leases.complete(api.lease, 'hello')
    })()

    const seen: number[] = []
    let isOver = false
    for (let connection = 0; !isOver; connection += 1) {
      const last = seen.at(-1)
      const reader = await follow(
        api,
        `/v1/items/${api.id}/events`,
        last === undefined ? {} : { 'last-event-id': String(last) },
      )
      // Leaves after a few events, at another place each time.
      for (let taken = 0; taken < 20 + connection * 7; taken += 1) {
        const message = await reader.next()
        if (!message || message.event === 'end') {
          isOver = true
          break
        }
        seen.push(message.id ?? -1)
      }
      await reader.leave()
    }
    await writing

    expect(seen).toEqual(Array.from({ length: total + 3 }, (_, n) => n + 1))
  })

  it('goes on after `after`, and Last-Event-ID outranks it', async () => {
    const api = await running()
    await api.repos.leases.complete(api.lease, 'hello')
    const path = `/v1/items/${api.id}/events?after=1`

    const afterOne = await (await follow(api, path)).rest()
    const afterTwo = await (await follow(api, path, { 'last-event-id': '2' })).rest()
    const afterAll = await (await follow(api, path, { 'last-event-id': '3' })).rest()

    expect(afterOne.map(({ id }) => id)).toEqual([2, 3, undefined])
    expect(afterTwo.map(({ id }) => id)).toEqual([3, undefined])
    expect(afterAll.map(({ event }) => event)).toEqual(['end'])
  })

  it.each(['x', '-1', '1.5', '99', '1e2'])('refuses the Last-Event-ID %s as a plain answer', async (lastEventId) => {
    const api = await running()

    const response = await api.ask(`/v1/items/${api.id}/events`, {
      headers: { ...stream, 'last-event-id': lastEventId },
    })

    expect(await problemOf(response)).toMatchObject({ status: 422, code: 'input.invalid' })
    expect(api.streams.size).toBe(0)
  })

  it('keeps a silent connection alive with comments', async () => {
    const api = await running()
    const reader = await follow(api, `/v1/items/${api.id}/events`)
    await reader.until('lease.claimed')
    const next = reader.next()
    await expect.poll(() => reader.comments, { interval: 5, timeout: 5_000 }).toBeGreaterThan(2)

    await api.repos.leases.complete(api.lease, 'hello')

    expect(await next).toMatchObject({ event: 'item.completed' })
    await reader.leave()
  })

  it('says by a `problem` event what failed after it had begun, and logs it', async () => {
    const errors: object[] = []
    const api = await running({ log: { debug: () => {}, warn: () => {}, error: (facts) => errors.push(facts) } })
    const reader = await follow(api, `/v1/items/${api.id}/events`)
    await reader.until('lease.claimed')

    await api.store.close()

    expect(await reader.rest()).toMatchObject([{ event: 'problem', data: { code: 'store.closed', status: 503 } }])
    expect(errors).toMatchObject([{ code: 'store.closed' }])
    expect(api.streams.size).toBe(0)
  })
})

describe('the progress of a task', () => {
  it('is sent at once and after each change, up to `end`', async () => {
    const api = await running()
    const reader = await follow(api, `/v1/tasks/${api.id}/watch`)

    const first = await reader.next()
    await api.repos.workItems.spawn(api.lease, [{ key: 'a', type: 'slow', input: 1 }])
    const fannedOut = await reader.next()
    await api.repos.leases.complete(api.lease, 'hello')
    await api.repos.leases.complete(await api.claim('slow'), 'done')
    const rest = await reader.rest()

    expect(first).toMatchObject({
      event: 'progress',
      data: { state: 'active', done: 0, total: 1, counts: { running: 1 } },
    })
    expect(fannedOut).toMatchObject({ data: { done: 0, total: 2, counts: { pending: 1 } } })
    expect(rest.slice(-2)).toMatchObject([
      { event: 'progress', data: { state: 'completed', done: 2, total: 2 } },
      { event: 'end', data: { state: 'completed' } },
    ])
  })

  it('of an ended task is one snapshot and `end`', async () => {
    const api = await running()
    await api.ask(`/v1/tasks/${api.id}/cancel`, { method: 'POST' })

    const messages = await (await follow(api, `/v1/tasks/${api.id}/watch`)).rest()

    expect(messages.map(({ event }) => event)).toEqual(['progress', 'end'])
    expect(messages[1]?.data).toEqual({ state: 'cancelled' })
  })
})

describe('open streams', () => {
  it('are capped; one that ends makes room', async () => {
    const api = await running({ streams: new OpenStreams(2) })
    const path = `/v1/tasks/${api.id}/watch`
    const [one, two] = [await follow(api, path), await follow(api, path)]

    const response = await api.ask(path)
    await one.leave()
    const third = await follow(api, path)

    expect(response.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(await problemOf(response)).toMatchObject({ status: 429, code: 'http.too_many_streams' })
    expect(await third.next()).toMatchObject({ event: 'progress' })
    await Promise.all([two.leave(), third.leave()])
    expect(api.streams.size).toBe(0)
  })

  it('end without a word in the log when their client leaves in the middle of a look', async () => {
    const errors: object[] = []
    let look = 0
    let answerLate = (): void => {}
    const late = new Promise<void>((resolve) => {
      answerLate = resolve
    })
    const api = await running({
      log: { debug: () => {}, warn: () => {}, error: (facts) => errors.push(facts) },
      storeOf: (repos) => ({
        ...repos,
        leases: {
          status: async (id) => {
            look += 1
            if (look === 2) await late
            return repos.leases.status(id)
          },
        },
      }),
    })
    const reader = await follow(api, `/v1/items/${api.id}/events`)
    await reader.until('lease.claimed')
    const unanswered = reader.next()
    await expect.poll(() => look, { interval: 2 }).toBe(2)

    await reader.leave()
    await api.repos.events.log(api.lease, { said: 'nobody hears it' })
    answerLate()

    expect(await unanswered).toBeUndefined()
    await new Promise((resolve) => setImmediate(resolve))
    expect(errors).toEqual([])
    expect(api.streams.size).toBe(0)
  })

  it('are given up when the request is aborted', async () => {
    const api = await running()
    const client = new AbortController()
    await api.ask(`/v1/tasks/${api.id}/watch`, { signal: client.signal })
    expect(api.streams.size).toBe(1)

    client.abort()

    expect(api.streams.size).toBe(0)
  })

  it('read nothing from the store while their reader takes nothing', async () => {
    let looks = 0
    const api = await running({
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
    const response = await api.ask(`/v1/items/${api.id}/events`, { headers: stream })
    const before = looks

    // Time passes for a stream that looks every two milliseconds.
    await new Promise((resolve) => setTimeout(resolve, 50))

    expect(before).toBe(1)
    expect(looks).toBe(before)
    await response.body?.cancel()
  })

  it('end together when the server stops, without `end`, and no new one opens', async () => {
    const api = await running()
    const path = `/v1/items/${api.id}/events`
    const reader = await follow(api, path)
    await reader.until('lease.claimed')

    api.streams.closeAll()

    expect(await reader.rest()).toEqual([])
    expect(await problemOf(await api.ask(path, { headers: stream }))).toMatchObject({
      status: 503,
      code: 'store.closed',
    })
  })

  it('are not opened by a HEAD', async () => {
    const api = await running()

    const response = await api.ask(`/v1/tasks/${api.id}/watch`, { method: 'HEAD' })

    expect(response.status).toBe(200)
    expect(api.streams.size).toBe(0)
  })
})
