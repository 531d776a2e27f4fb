import { Memory } from '@holdfast/memory'
import {
  DiskFullError,
  OutcomeUnknownError,
  PositionExpiredError,
  StoreBusyError,
  StoreOverloadedError,
  StoreTimeoutError,
  type WriteTrouble,
} from '@holdfast/store'
import { describe, expect, it } from 'vitest'
import { openTestApi, problemOf, TOKEN } from './fixtures/test-api.js'

const json = async (response: Response) => {
  if (!response.ok) throw new Error(await response.text())
  // biome-ignore lint/suspicious/noExplicitAny: each test asserts the shape that it needs
  return (await response.json()) as any
}

describe('GET /v1/tasks', () => {
  it('lists tasks newest first, page by page, each once', async () => {
    const { ask, submit } = await openTestApi()
    const ids = []
    for (let n = 0; n < 7; n += 1) ids.unshift(await submit())

    const seen = []
    let cursor: string | null = ''
    for (let pages = 0; cursor !== null; pages += 1) {
      expect(pages).toBeLessThan(3)
      const page = await json(await ask(`/v1/tasks?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`))
      seen.push(...page.tasks.map(({ id }: { id: string }) => id))
      cursor = page.nextCursor
    }

    expect(seen).toEqual(ids)
  })

  it('has no next page when the last one is just full', async () => {
    const { ask, submit } = await openTestApi()
    await submit()
    await submit()

    expect((await json(await ask('/v1/tasks?limit=2'))).nextCursor).toBeNull()
  })

  it('filters by state and type', async () => {
    const { ask, submit, claim, repos } = await openTestApi()
    const done = await submit()
    await repos.leases.complete(await claim(), 'hello')
    const open = await submit()
    const other = await submit({ type: 'slow' })

    const idsOf = async (query: string) =>
      (await json(await ask(`/v1/tasks?${query}`))).tasks.map((t: { id: string }) => t.id)

    expect(await idsOf('state=completed')).toEqual([done])
    expect(await idsOf('state=active')).toEqual([other, open])
    expect(await idsOf('type=greet&state=active')).toEqual([open])
    expect(await idsOf('type=unheard-of')).toEqual([])
  })

  it.each([
    'limit=0',
    'limit=201',
    'limit=x',
    'limit=1.5',
    'state=done',
    'cursor=x',
    'cursor=',
    'state=active&state=failed',
  ])('refuses ?%s', async (query) => {
    const { ask } = await openTestApi()

    expect(await problemOf(await ask(`/v1/tasks?${query}`))).toMatchObject({ status: 422, code: 'input.invalid' })
  })
})

describe('GET /v1/tasks without results', () => {
  it('leaves them to the route of one task', async () => {
    const { ask, submit, claim, repos } = await openTestApi()
    await submit()
    await repos.leases.complete(await claim(), 'large')

    const [task] = (await json(await ask('/v1/tasks'))).tasks

    expect(task).toMatchObject({ state: 'completed', error: null })
    expect(task).not.toHaveProperty('result')
  })
})

describe('GET /v1/tasks/{id}', () => {
  it('shows a task with its counts and progress', async () => {
    const { ask, submit, claim, repos } = await openTestApi()
    const id = await submit()
    const lease = await claim()
    await repos.workItems.spawn(lease, [
      { key: 'a', type: 'slow', input: 1 },
      { key: 'b', type: 'slow', input: 2 },
    ])
    await repos.leases.complete(lease, 'hello')

    expect(await json(await ask(`/v1/tasks/${id}`))).toMatchObject({
      id,
      type: 'greet',
      state: 'active',
      result: null,
      counts: { pending: 2, completed: 1, running: 0 },
      progress: { done: 1, total: 3 },
    })
  })

  it('shows result and error of an ended task', async () => {
    const { ask, submit, claim, repos } = await openTestApi()
    const good = await submit()
    await repos.leases.complete(await claim(), { said: 'hello' })
    const bad = await submit()
    await repos.leases.fail(await claim(), { code: 'mail.bounced', message: 'no such address' })

    expect(await json(await ask(`/v1/tasks/${good}`))).toMatchObject({ state: 'completed', result: { said: 'hello' } })
    expect(await json(await ask(`/v1/tasks/${bad}`))).toMatchObject({
      state: 'failed',
      result: null,
      error: { code: 'mail.bounced' },
    })
  })
})

describe('POST /v1/tasks/{id}/cancel', () => {
  it('cancels a task, and revokes the lease of what runs', async () => {
    const { ask, submit, claim, repos } = await openTestApi()
    const id = await submit()
    const lease = await claim()

    const answer = await json(await ask(`/v1/tasks/${id}/cancel`, { method: 'POST' }))

    expect(answer).toEqual({ id, state: 'cancelled', cancelled: 1 })
    await expect(repos.leases.complete(lease, 'late')).rejects.toMatchObject({ code: 'lease.lost' })
  })

  it('refuses a task that has ended', async () => {
    const { ask, submit } = await openTestApi()
    const id = await submit()
    await ask(`/v1/tasks/${id}/cancel`, { method: 'POST' })

    const problem = await problemOf(await ask(`/v1/tasks/${id}/cancel`, { method: 'POST' }))

    expect(problem).toMatchObject({ status: 409, code: 'task.already_terminal' })
  })
})

describe('GET /v1/tasks/{id}/items', () => {
  it('lists items oldest first, page by page and by state', async () => {
    const { ask, submit, claim, repos } = await openTestApi()
    const id = await submit()
    const lease = await claim()
    await repos.workItems.spawn(
      lease,
      Array.from({ length: 4 }, (_, n) => ({ key: `${n}`, type: 'slow', input: n })),
    )

    const first = await json(await ask(`/v1/tasks/${id}/items?limit=3`))
    const rest = await json(await ask(`/v1/tasks/${id}/items?limit=3&cursor=${first.nextCursor}`))
    const running = await json(await ask(`/v1/tasks/${id}/items?state=running`))

    expect([...first.items, ...rest.items].map(({ parentId }) => parentId)).toEqual([null, id, id, id, id])
    expect(rest.nextCursor).toBeNull()
    expect(running.items).toHaveLength(1)
    expect(running.items[0]).toMatchObject({ id, isRoot: true, leaseOwner: 'w-1', attempt: 1 })
    expect(running.items[0]).not.toHaveProperty('input')
  })
})

describe('GET /v1/items/{id}', () => {
  it('shows an item with its input and result', async () => {
    const { ask, submit, claim, repos } = await openTestApi()
    const id = await submit()
    await repos.leases.complete(await claim(), ['hello'])

    expect(await json(await ask(`/v1/items/${id}`))).toMatchObject({
      id,
      taskId: id,
      state: 'completed',
      input: { name: 'Ada' },
      result: ['hello'],
      error: null,
    })
  })
})

describe('checkpoints', () => {
  it("of an item come newest first; a task's are its root item's", async () => {
    const { ask, submit, claim, repos } = await openTestApi()
    const id = await submit()
    const lease = await claim()
    for (let n = 1; n <= 3; n += 1) await repos.checkpoints.append(lease, { type: 'iteration_end', snapshot: { n } })
    await repos.checkpoints.append(lease, { type: 'manual_checkpoint', snapshot: null, name: 'by hand' })

    const first = await json(await ask(`/v1/items/${id}/checkpoints?limit=2`))
    const rest = await json(await ask(`/v1/items/${id}/checkpoints?limit=2&cursor=${first.nextCursor}`))
    const ofTask = await json(await ask(`/v1/tasks/${id}/checkpoints?type=iteration_end`))

    expect([...first.checkpoints, ...rest.checkpoints].map(({ position }) => position)).toEqual([4, 3, 2, 1])
    expect(first.checkpoints[0]).toMatchObject({ type: 'manual_checkpoint', name: 'by hand', verification: null })
    expect(ofTask.checkpoints.map(({ snapshot }: { snapshot: unknown }) => snapshot)).toEqual([
      { n: 3 },
      { n: 2 },
      { n: 1 },
    ])
  })
})

describe('the journal as JSON', () => {
  it('comes in order, from a position on', async () => {
    const { ask, submit, claim, repos } = await openTestApi()
    const id = await submit()
    const lease = await claim()
    await repos.events.log(lease, { said: 'hi' })
    await repos.leases.complete(lease, 'hello')

    const all = await json(await ask(`/v1/items/${id}/events`))
    const later = await json(await ask(`/v1/tasks/${id}/events?after=2&limit=1`))

    expect(all.events.map(({ type }: { type: string }) => type)).toEqual([
      'item.enqueued',
      'lease.claimed',
      'log',
      'item.completed',
    ])
    expect(all).toMatchObject({ oldestPosition: 1, lastPosition: 4 })
    expect(later.events).toMatchObject([{ position: 3, type: 'log', data: { said: 'hi' }, actor: 'w-1' }])
  })

  it.each(['after=-1', 'after=x', 'after=2'])('refuses ?%s of a journal of one', async (query) => {
    const { ask, submit } = await openTestApi()
    const id = await submit()

    expect(await problemOf(await ask(`/v1/items/${id}/events?${query}`))).toMatchObject({
      status: 422,
      code: 'input.invalid',
    })
  })
})

describe('GET /v1/search', () => {
  it('finds texts, best first, within a namespace and page by page', async () => {
    const { ask, memory } = await openTestApi()
    await memory.remember('docs', 'a', 'durable leases and durable checkpoints')
    await memory.remember('docs', 'b', 'a lease')
    await memory.remember('notes', 'c', 'durable notes')

    const hits = async (query: string) => (await json(await ask(`/v1/search?${query}`))).hits

    expect((await hits('q=durable')).map(({ key }: { key: string }) => key).sort()).toEqual(['a', 'c'])
    expect(await hits('q=dura&namespace=docs')).toMatchObject([{ namespace: 'docs', key: 'a' }])
    expect(await hits('q=durable&limit=1&offset=1')).toHaveLength(1)
    expect(await hits('q=nowhere')).toEqual([])
  })

  it.each(['', 'q=', 'q=%22%21%22', 'q=a&limit=0', 'q=a&limit=101', 'q=a&offset=-1', 'q=a&namespace='])(
    'refuses ?%s',
    async (query) => {
      const { ask } = await openTestApi()

      expect(await problemOf(await ask(`/v1/search?${query}`))).toMatchObject({ status: 422, code: 'input.invalid' })
    },
  )

  it.each(['"', '*', 'NEAR(', 'a AND', "'; DROP TABLE sections; --", 'a:b', '^a'])(
    'takes %s for words at most',
    async (typed) => {
      const { ask } = await openTestApi()

      const response = await ask(`/v1/search?q=${encodeURIComponent(typed)}`)

      expect([200, 422]).toContain(response.status)
    },
  )

  it('refuses a NUL', async () => {
    const { ask } = await openTestApi()

    expect(await problemOf(await ask('/v1/search?q=a%00b'))).toMatchObject({ status: 422, code: 'input.invalid_text' })
  })
})

describe('what is not there', () => {
  const routes = [
    ['GET', '/v1/tasks/ID', 'task.not_found'],
    ['POST', '/v1/tasks/ID/cancel', 'task.not_found'],
    ['GET', '/v1/tasks/ID/items', 'task.not_found'],
    ['GET', '/v1/tasks/ID/checkpoints', 'task.not_found'],
    ['GET', '/v1/tasks/ID/events', 'task.not_found'],
    ['GET', '/v1/tasks/ID/watch', 'task.not_found'],
    ['GET', '/v1/items/ID', 'work_item.not_found'],
    ['GET', '/v1/items/ID/checkpoints', 'work_item.not_found'],
    ['GET', '/v1/items/ID/events', 'work_item.not_found'],
  ] as const

  it.each(routes)('%s %s is 404 for an unknown id', async (method, path, code) => {
    const { ask } = await openTestApi()

    expect(await problemOf(await ask(path.replace('ID', 'nobody'), { method }))).toMatchObject({ status: 404, code })
  })

  it.each(routes)("%s %s is 404 for another tenant's id, whatever header it brings", async (method, path, code) => {
    const { ask, repos } = await openTestApi()
    const { taskId } = await repos.tasks.submit({ type: 'greet', input: {} }, { tenant: 'others' })

    const response = await ask(path.replace('ID', taskId), { method, headers: { 'holdfast-tenant': 'others' } })

    expect(await problemOf(response)).toMatchObject({ status: 404, code })
    expect(await repos.tasks.require(taskId, { tenant: 'others' })).toMatchObject({ state: 'active' })
  })

  it("never shows another tenant's tasks or texts in a list", async () => {
    const { ask, repos, store } = await openTestApi()
    await repos.tasks.submit({ type: 'greet', input: {} }, { tenant: 'others' })
    await new Memory(store, { tenant: 'others' }).remember('docs', 'a', 'secret words')

    expect((await json(await ask('/v1/tasks'))).tasks).toEqual([])
    expect((await json(await ask('/v1/search?q=secret'))).hits).toEqual([])
  })

  it.each(['/', '/v1', '/v1/nothing', '/v1/tasks/', '/v2/tasks'])('%s is no route', async (path) => {
    const { ask } = await openTestApi()

    expect(await problemOf(await ask(path))).toMatchObject({ status: 404, code: 'http.not_found' })
  })

  it.each([
    ['DELETE', '/v1/tasks', 'GET, HEAD, POST'],
    ['PUT', '/v1/tasks/x', 'GET, HEAD'],
    ['GET', '/v1/tasks/x/cancel', 'POST'],
  ])('%s %s is no method of the route', async (method, path, allow) => {
    const { ask } = await openTestApi()

    const response = await ask(path, { method })

    expect(response.headers.get('allow')?.split(', ').sort()).toEqual(allow.split(', '))
    expect(await problemOf(response)).toMatchObject({ status: 405, code: 'http.method_not_allowed' })
  })

  it.each(['%00', '%ED%A0%80', 'x'.repeat(600), '..%2f..', '%'])('an id of %j is refused or unknown', async (id) => {
    const { ask } = await openTestApi()

    const { status } = await problemOf(await ask(`/v1/tasks/${id}`))

    expect([404, 413, 422]).toContain(status)
  })
})

describe('every route', () => {
  it('but health and readiness wants the token', async () => {
    const { fetch } = await openTestApi()
    const ask = (path: string, headers = {}) => fetch(new Request(`http://localhost${path}`, { headers }))

    for (const path of ['/v1/tasks', '/v1/search?q=a', '/openapi.json', '/', '/v1/nothing']) {
      expect((await ask(path)).status, path).toBe(401)
      expect((await ask(path, { authorization: 'Bearer wrong' })).status, path).toBe(401)
      expect((await ask(path, { authorization: `Bearer ${TOKEN}` })).status, path).not.toBe(401)
    }
    expect((await ask('/health')).status).toBe(200)
    expect((await ask('/ready')).status).toBe(200)
  })

  it('refuses a foreign Host and a foreign Origin, health included', async () => {
    const { ask } = await openTestApi()

    for (const path of ['/v1/tasks', '/health', '/ready', '/openapi.json']) {
      expect(await problemOf(await ask(path, { headers: { host: 'evil.example' } }))).toMatchObject({
        code: 'http.host_refused',
      })
      expect(await problemOf(await ask(path, { headers: { origin: 'http://evil.example' } }))).toMatchObject({
        code: 'http.origin_refused',
      })
    }
  })

  it('checks the token before it reads a body', async () => {
    const { ask, repos } = await openTestApi()

    const response = await ask('/v1/tasks', { body: '{', headers: { authorization: 'Bearer wrong' } })

    expect(response.status).toBe(401)
    expect(await repos.tasks.list()).toEqual([])
  })

  it('is never cached, and names the request', async () => {
    const { ask } = await openTestApi()

    for (const path of ['/v1/tasks', '/v1/tasks/nobody', '/health']) {
      const { headers } = await ask(path)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    }
  })
})

describe('health and readiness', () => {
  it('part when the store is gone: alive, but not ready', async () => {
    const { ask, store } = await openTestApi()
    await store.close()

    const ready = await ask('/ready')

    expect((await ask('/health')).status).toBe(200)
    expect(ready.headers.get('retry-after')).toBe('1')
    expect(await problemOf(ready)).toMatchObject({ status: 503, code: 'store.closed' })
  })
})

describe('health while the disk takes no writes', () => {
  it('says so, and since when, and stays 200: starting anew would mend nothing', async () => {
    let trouble: WriteTrouble | undefined = { code: 'store.disk_full', sinceMs: 1_700_000_000_000 }
    const { ask } = await openTestApi({ trouble: () => trouble })

    const during = await ask('/health')
    trouble = undefined
    const after = await ask('/health')

    expect([during.status, await during.json()]).toEqual([
      200,
      { status: 'degraded', code: 'store.disk_full', sinceMs: 1_700_000_000_000 },
    ])
    expect([after.status, await after.json()]).toEqual([200, { status: 'ok' }])
  })
})

describe('trouble of the store', () => {
  it('that comes of a full disk is logged once, however many requests it refuses', async () => {
    const errors: object[] = []
    const log = { debug: () => {}, warn: () => {}, error: (facts: object) => void errors.push(facts) }
    const { ask } = await openTestApi({
      log,
      storeOf: (repos) => ({
        ...repos,
        tasks: { submit: () => Promise.reject(new DiskFullError('full')) } as unknown as typeof repos.tasks,
      }),
    })

    for (let i = 0; i < 5; i += 1) await ask('/v1/tasks', { body: { type: 'slow' } })

    expect(errors).toMatchObject([{ code: 'store.disk_full' }])
  })

  const failing = (error: Error) =>
    openTestApi({
      storeOf: (repos) => ({
        ...repos,
        tasks: { submit: () => Promise.reject(error) } as unknown as typeof repos.tasks,
      }),
    })

  it.each([
    [new StoreOverloadedError('128 operations wait'), 503],
    [new StoreBusyError('locked'), 503],
    [new StoreTimeoutError('withdrawn'), 503],
    [new OutcomeUnknownError('nobody knows'), 503],
    [new DiskFullError('/var/lib/holdfast is full'), 507],
  ])('that passes says when to come back: %s', async (error, status) => {
    const { ask } = await failing(error)

    const response = await ask('/v1/tasks', { body: { type: 'slow' } })

    const text = await response.text()
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(JSON.parse(text)).toMatchObject({ status, code: error.code })
    expect(text).not.toContain(error.message)
  })

  it('that is the fault of a position too old says which is the oldest', async () => {
    const { ask, submit } = await openTestApi({
      storeOf: (repos) => ({
        ...repos,
        events: {
          read: () => Promise.reject(new PositionExpiredError('events up to 7 are gone', { oldestPosition: 8 })),
        } as unknown as typeof repos.events,
      }),
    })
    const id = await submit()

    for (const headers of [{}, { accept: 'text/event-stream' }]) {
      const problem = await problemOf(await ask(`/v1/items/${id}/events?after=3`, { headers }))
      expect(problem).toMatchObject({ status: 410, code: 'events.position_expired', details: { oldestPosition: 8 } })
    }
  })
})

describe('a failure of the server', () => {
  it('is logged with its cause, and tells the client nothing of it', async () => {
    const lines: { facts: { requestId?: string }; message: string }[] = []
    const log = {
      debug: () => {},
      warn: () => {},
      error: (facts: object, message: string) => lines.push({ facts, message }),
    }
    const { ask } = await openTestApi({
      log,
      memory: { search: () => Promise.reject(new Error('/secret/path is broken')) },
    })

    const response = await ask('/v1/search?q=a')

    const text = await response.text()
    expect(response.status).toBe(500)
    expect(JSON.parse(text)).toMatchObject({ code: 'http.internal' })
    expect(text).not.toContain('secret')
    expect(lines).toMatchObject([{ facts: { err: { message: '/secret/path is broken' } } }])
    expect(JSON.parse(text).instance).toContain(lines[0]?.facts.requestId)
  })
})
