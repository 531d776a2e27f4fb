import { describe, expect, it } from 'vitest'
import { openTestApi, problemOf } from './fixtures/test-api.js'

const greeting = { type: 'greet', input: { name: 'Ada' } }

describe('POST /v1/tasks', () => {
  it('stores a task and says where it is', async () => {
    const { ask, repos } = await openTestApi()

    const response = await ask('/v1/tasks', {
      body: { ...greeting, priority: 3, maxAttempts: 7, metadata: { by: 'me' } },
    })

    const { id, type } = (await response.json()) as { id: string; type: string }
    expect(response.status).toBe(201)
    expect(response.headers.get('location')).toBe(`/v1/tasks/${id}`)
    expect(type).toBe('greet')
    expect(await repos.tasks.require(id)).toMatchObject({ type: 'greet', state: 'active', metadata: { by: 'me' } })
    expect(await repos.workItems.require(id)).toMatchObject({
      state: 'pending',
      queue: 'greet',
      input: { name: 'Ada' },
      priority: 3,
      maxAttempts: 7,
    })
  })

  it("takes queue and attempts from the task's definition", async () => {
    const { submit, repos } = await openTestApi()

    const id = await submit({ type: 'slow', input: null })

    expect(await repos.workItems.require(id)).toMatchObject({ queue: 'slow', maxAttempts: 5 })
  })

  it('schedules what is to run later', async () => {
    const { submit, repos } = await openTestApi()

    const delayed = await submit({ ...greeting, delayMs: 60_000 })
    const visible = await submit({ ...greeting, visibleAtMs: 4_000_000_000_000, deadlineAtMs: 4_000_000_000_001 })

    expect(await repos.workItems.require(delayed)).toMatchObject({ state: 'scheduled' })
    expect(await repos.workItems.require(visible)).toMatchObject({
      state: 'scheduled',
      visibleAtMs: 4_000_000_000_000,
      deadlineAtMs: 4_000_000_000_001,
    })
  })

  it.each([
    ['no type', { input: 1 }, ['type']],
    ['a type that is no text', { type: 1, input: 1 }, ['type']],
    ['a misspelt option', { ...greeting, maxAttempt: 1 }, []],
    ['a fraction', { ...greeting, priority: 0.5 }, ['priority']],
    ['a negative delay', { ...greeting, delayMs: -1 }, ['delayMs']],
    ['no attempts', { ...greeting, maxAttempts: 0 }, ['maxAttempts']],
    ['metadata that is a list', { ...greeting, metadata: [] }, ['metadata']],
    ['an integer beyond 2^53', { ...greeting, priority: 2 ** 53 }, ['priority']],
    ['an empty id', { ...greeting, id: '' }, ['id']],
    ['a body that is no object', [greeting], []],
  ])('refuses %s, and says where', async (_what, body, path) => {
    const { ask, repos } = await openTestApi()

    const problem = await problemOf(await ask('/v1/tasks', { body }))

    expect(problem).toMatchObject({ status: 422, code: 'input.invalid' })
    expect(problem.issues?.[0]?.path).toEqual(path)
    expect(await repos.tasks.list()).toEqual([])
  })

  it('refuses a delay beside a time, as the store does', async () => {
    const { ask } = await openTestApi()

    const problem = await problemOf(await ask('/v1/tasks', { body: { ...greeting, delayMs: 1, visibleAtMs: 1 } }))

    expect(problem).toMatchObject({ status: 422, code: 'input.invalid' })
  })

  it('refuses a type that holdfast.config does not name', async () => {
    const { ask, repos } = await openTestApi()

    const problem = await problemOf(await ask('/v1/tasks', { body: { type: 'gret', input: {} } }))

    expect(problem).toMatchObject({ status: 422, code: 'task.unknown_type', details: { type: 'gret' } })
    expect(await repos.tasks.list()).toEqual([])
  })

  it("refuses an input that does not fit the definition's schema, with its issues", async () => {
    const { ask, repos } = await openTestApi()

    const problem = await problemOf(
      await ask('/v1/tasks', { body: { type: 'greet', input: { name: '', times: 'x' } } }),
    )

    expect(problem).toMatchObject({ status: 422, code: 'task.invalid_input' })
    expect(problem.issues?.map(({ path }) => path)).toEqual([['name'], ['times']])
    expect(await repos.tasks.list()).toEqual([])
  })

  it('refuses an input over the limit of a payload', async () => {
    const { ask } = await openTestApi()

    const problem = await problemOf(await ask('/v1/tasks', { body: { type: 'slow', input: 'x'.repeat(1_048_576) } }))

    expect(problem).toMatchObject({ status: 413, code: 'input.too_large' })
  })

  it('takes __proto__ for an ordinary member of an input, and pollutes nothing', async () => {
    const { ask, repos } = await openTestApi()
    const input = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'

    const response = await ask('/v1/tasks', { body: `{"type":"slow","input":${input}}` })
    const options = await ask('/v1/tasks', { body: '{"type":"slow","input":1,"__proto__":{"priority":9}}' })

    const { id } = (await response.json()) as { id: string }
    expect(JSON.stringify((await repos.workItems.require(id)).input)).toBe(input)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    expect([201, 422]).toContain(options.status)
    expect((await repos.tasks.list()).length).toBe(options.status === 201 ? 2 : 1)
  })

  it('takes an id once: again with the same input it adds nothing, with another it is a conflict', async () => {
    const { ask, repos } = await openTestApi()
    const body = { ...greeting, id: 'my-own-id' }

    const first = await ask('/v1/tasks', { body })
    const second = await ask('/v1/tasks', { body })
    const other = await ask('/v1/tasks', { body: { ...body, input: { name: 'Bob' } } })

    expect([first.status, second.status, other.status]).toEqual([201, 200, 409])
    expect(await second.json()).toEqual(await first.json())
    expect(await problemOf(other)).toMatchObject({ code: 'task.conflict' })
    expect(await repos.tasks.list()).toHaveLength(1)
  })
})

describe('an Idempotency-Key', () => {
  const keyed = (key: string) => ({ 'idempotency-key': key })

  it('replays the first answer byte for byte, marked as replayed', async () => {
    const { ask, repos } = await openTestApi()
    const body = { ...greeting, metadata: { 10: 'b', 2: 'a', z: [1.0, 1e21], __proto__: null } }

    const first = await ask('/v1/tasks', { body, headers: keyed('"k-1"') })
    const second = await ask('/v1/tasks', { body, headers: keyed('k-1') })

    expect(second.status).toBe(first.status)
    expect(second.headers.get('location')).toBe(first.headers.get('location'))
    expect(first.headers.has('idempotency-replayed')).toBe(false)
    expect(second.headers.get('idempotency-replayed')).toBe('true')
    expect(await second.text()).toBe(await first.text())
    expect(await repos.tasks.list()).toHaveLength(1)
  })

  it('replays after the task has ended, and after it was deleted', async () => {
    const { ask, claim, repos } = await openTestApi()
    const first = await ask('/v1/tasks', { body: greeting, headers: keyed('k') })
    await repos.leases.complete(await claim(), 'hello')

    const ended = await ask('/v1/tasks', { body: greeting, headers: keyed('k') })
    await repos.retention.deleteFinishedTasks({ finishedBeforeMs: Date.now() + 1 })
    const deleted = await ask('/v1/tasks', { body: greeting, headers: keyed('k') })

    const text = await first.text()
    expect(await ended.text()).toBe(text)
    expect(await deleted.text()).toBe(text)
    expect(deleted.headers.get('location')).toBe(first.headers.get('location'))
    expect(await repos.tasks.list()).toEqual([])
  })

  it('compares bodies as JSON values: order and spaces are no difference', async () => {
    const { ask } = await openTestApi()

    const first = await ask('/v1/tasks', { body: '{"type":"slow","input":{"a":1,"b":2}}', headers: keyed('k') })
    const second = await ask('/v1/tasks', { body: '{ "input": {"b":2.0,"a":1},\n"type":"slow" }', headers: keyed('k') })

    expect(await second.text()).toBe(await first.text())
  })

  it('refuses another body under the key', async () => {
    const { ask, repos } = await openTestApi()
    await ask('/v1/tasks', { body: greeting, headers: keyed('k') })

    const problem = await problemOf(await ask('/v1/tasks', { body: { ...greeting, priority: 1 }, headers: keyed('k') }))

    expect(problem).toMatchObject({ status: 422, code: 'idempotency.conflict' })
    expect(await repos.tasks.list()).toHaveLength(1)
  })

  it('makes one task of 20 parallel posts', async () => {
    const { ask, repos } = await openTestApi({ onFile: true })

    const responses = await Promise.all(
      Array.from({ length: 20 }, () => ask('/v1/tasks', { body: greeting, headers: keyed('race') })),
    )

    const bodies = await Promise.all(responses.map((response) => response.text()))
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([201]))
    expect(new Set(bodies).size).toBe(1)
    expect(responses.filter(({ headers }) => !headers.has('idempotency-replayed'))).toHaveLength(1)
    expect(await repos.tasks.list()).toHaveLength(1)
  })

  it('is refused when it is malformed, and nothing is written', async () => {
    const { ask, repos } = await openTestApi()

    const problem = await problemOf(await ask('/v1/tasks', { body: greeting, headers: keyed('a b') }))

    expect(problem).toMatchObject({ status: 400, code: 'http.idempotency_key' })
    expect(await repos.tasks.list()).toEqual([])
  })

  it('is not used up by a refused request', async () => {
    const { ask } = await openTestApi()

    const refused = await ask('/v1/tasks', { body: { type: 'greet', input: {} }, headers: keyed('k') })
    const accepted = await ask('/v1/tasks', { body: greeting, headers: keyed('k') })

    expect([refused.status, accepted.status]).toEqual([422, 201])
  })

  it('that another caller holds under a lease is still in progress', async () => {
    const { ask, repos } = await openTestApi()
    await repos.idempotency.checkOrCreate('http:k', { request: greeting, owner: 'somebody' })

    const response = await ask('/v1/tasks', { body: greeting, headers: keyed('k') })

    expect(response.headers.get('retry-after')).toBe('1')
    expect(await problemOf(response)).toMatchObject({ status: 409, code: 'idempotency.in_progress' })
  })

  it('is kept apart from keys of other uses', async () => {
    const { ask, repos } = await openTestApi()
    await repos.idempotency.checkOrCreate('k', { request: 'of an effect', owner: 'a worker' })

    expect((await ask('/v1/tasks', { body: greeting, headers: keyed('k') })).status).toBe(201)
  })
})
