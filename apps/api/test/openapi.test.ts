import { z } from 'zod'
import { beforeAll, describe, expect, it } from 'vitest'
import { createApi, PROBLEM_KINDS } from '../src/index.js'
import { openTestApi, type AskOptions, type TestApi } from './fixtures/test-api.js'

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly security: object[]
  readonly parameters?: { readonly name: string; readonly in: string }[]
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>
}

interface Description {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string }
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, object>; readonly securitySchemes: object }
}

const ROUTES = [
  'get /health',
  'get /ready',
  'get /v1/items/{id}',
  'get /v1/items/{id}/checkpoints',
  'get /v1/items/{id}/events',
  'get /v1/search',
  'get /v1/tasks',
  'get /v1/tasks/{id}',
  'get /v1/tasks/{id}/checkpoints',
  'get /v1/tasks/{id}/events',
  'get /v1/tasks/{id}/items',
  'get /v1/tasks/{id}/watch',
  'post /v1/tasks',
  'post /v1/tasks/{id}/cancel',
]

describe('the OpenAPI document', () => {
  let description: Description
  let operations: [string, Operation][]

  const describeWith = async ({ ask }: TestApi): Promise<Description> =>
    (await (await ask('/openapi.json')).json()) as Description

  beforeAll(async () => {
    // The description needs no store: nothing is asked.
    const api = createApi({ store: {}, memory: {}, tasks: {}, token: 'x'.repeat(16) } as never)
    const response = await api.request('/openapi.json', { headers: { authorization: `Bearer ${'x'.repeat(16)}` } })
    description = (await response.json()) as Description
    operations = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]),
    )
  })

  it('is OpenAPI 3.1 with a title, a version and the token', () => {
    expect(description.openapi).toBe('3.1.0')
    expect(description.info).toMatchObject({ title: 'Holdfast', version: expect.stringMatching(/^\d+\.\d+\.\d+/) })
    expect(description.components.securitySchemes).toMatchObject({ bearer: { type: 'http', scheme: 'bearer' } })
  })

  it('lists every route', () => {
    expect(operations.map(([route]) => route).sort()).toEqual(ROUTES)
  })

  it('names each operation once, sums it up, and wants the token but for health', () => {
    const ids = operations.map(([, { operationId }]) => operationId)

    expect(new Set(ids).size).toBe(ids.length)
    for (const [route, operation] of operations) {
      expect(operation.summary, route).toMatch(/\w/)
      expect(operation.security, route).toEqual(/health|ready/.test(route) ? [] : [{ bearer: [] }])
    }
  })

  it('declares every parameter of a path', () => {
    for (const [route, { parameters = [] }] of operations) {
      const wanted = [...route.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
      expect(
        parameters.filter((each) => each.in === 'path').map(({ name }) => name),
        route,
      ).toEqual(wanted)
    }
  })

  it('refers to nothing that it does not have', () => {
    const refs = [...JSON.stringify(description).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '')

    expect(refs.length).toBeGreaterThan(10)
    for (const ref of refs) {
      expect(description.components.schemas, ref).toHaveProperty([ref.replace('#/components/schemas/', '')])
    }
  })

  it('gives each refusal as a problem document, under the status of its code', () => {
    for (const [route, { responses }] of operations) {
      for (const [status, { description: text, content }] of Object.entries(responses)) {
        if (Number(status) < 400) continue
        expect(Object.keys(content ?? {}), `${route} ${status}`).toEqual(['application/problem+json'])
        for (const [, code = ''] of text.matchAll(/`([a-z_]+\.[a-z_]+)`/g)) {
          expect(PROBLEM_KINDS[code]?.status, `${route} ${code}`).toBe(Number(status))
        }
      }
    }
  })

  it('says of every answer what is in it, and no more', async () => {
    const api = await openTestApi()
    const id = await api.submit({ type: 'greet', input: { name: 'Ada' }, metadata: { by: 'me' } })
    const lease = await api.claim()
    const checkpoint = await api.repos.checkpoints.append(lease, {
      type: 'iteration_end',
      snapshot: { n: 1 },
      metadata: {},
    })
    await api.repos.checkpoints.recordVerification(checkpoint.id, {
      outcome: 'verified',
      findings: [],
      verifiedBy: 'me',
    })
    await api.repos.events.log(lease, { said: 'hi' })
    await api.repos.workItems.spawn(lease, [{ key: 'a', type: 'slow', input: null }])
    await api.memory.remember('docs', 'a', 'durable words')
    const failing = await api.submit()
    await api.repos.leases.fail(await api.claim(), { code: 'a.b', message: 'no' })
    const cancelled = await api.submit()

    const document = await describeWith(api)
    const asked: [string, string, number, AskOptions?][] = [
      ['get /health', '/health', 200],
      ['get /ready', '/ready', 200],
      ['get /v1/tasks', '/v1/tasks?limit=2', 200],
      ['get /v1/tasks/{id}', `/v1/tasks/${id}`, 200],
      ['get /v1/tasks/{id}', `/v1/tasks/${failing}`, 200],
      ['get /v1/tasks/{id}/items', `/v1/tasks/${id}/items`, 200],
      ['get /v1/tasks/{id}/checkpoints', `/v1/tasks/${id}/checkpoints`, 200],
      ['get /v1/tasks/{id}/events', `/v1/tasks/${id}/events`, 200],
      ['get /v1/items/{id}', `/v1/items/${id}`, 200],
      ['get /v1/items/{id}', `/v1/items/${failing}`, 200],
      ['get /v1/items/{id}/checkpoints', `/v1/items/${id}/checkpoints`, 200],
      ['get /v1/items/{id}/events', `/v1/items/${id}/events`, 200],
      ['get /v1/search', '/v1/search?q=durable', 200],
      ['post /v1/tasks', '/v1/tasks', 201, { body: { type: 'slow', id: 'x' } }],
      ['post /v1/tasks', '/v1/tasks', 200, { body: { type: 'slow', id: 'x' } }],
      ['post /v1/tasks', '/v1/tasks', 422, { body: { type: 'greet', input: {} } }],
      ['post /v1/tasks', '/v1/tasks', 409, { body: { type: 'slow', id: 'x', input: 1 } }],
      ['post /v1/tasks', '/v1/tasks', 415, { body: '{}', headers: { 'content-type': 'text/plain' } }],
      ['get /v1/tasks', '/v1/tasks', 401, { headers: { authorization: '' } }],
      ['get /v1/tasks/{id}', '/v1/tasks/nobody', 404],
      ['post /v1/tasks/{id}/cancel', `/v1/tasks/${cancelled}/cancel`, 200, { method: 'POST' }],
      ['post /v1/tasks/{id}/cancel', `/v1/tasks/${cancelled}/cancel`, 409, { method: 'POST' }],
    ]
    for (const [route, path, status, options] of asked) {
      const response = await api.ask(path, options)
      const what = `${route} ${status}`
      expect(response.status, what).toBe(status)
      const [method = '', template = ''] = route.split(' ')
      const type = response.headers.get('content-type') ?? ''
      const schema = document.paths[template]?.[method]?.responses[status]?.content?.[type]?.schema
      expect(schema, `${what} ${type}`).toBeDefined()
      const found = validator(document, schema ?? {}).safeParse(await response.json())
      expect(found.error?.issues ?? [], what).toEqual([])
    }
    const streamed = document.paths['/v1/tasks/{id}/events']?.get?.responses[200]?.content
    expect(Object.keys(streamed ?? {})).toEqual(['application/json', 'text/event-stream'])
  })
})

/** A validator for one schema of the document that also refuses members which the schema doesn't name. */
const validator = (document: Description, schema: object): z.ZodType =>
  z.fromJSONSchema(closed({ ...schema, $defs: document.components.schemas }) as Parameters<typeof z.fromJSONSchema>[0])

const closed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(closed)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, member]) =>
    key === '$ref' ? [key, String(member).replace('#/components/schemas/', '#/$defs/')] : [key, closed(member)],
  )
  const object = Object.fromEntries(entries) as Record<string, unknown>
  return object.type === 'object' && 'properties' in object ? { ...object, additionalProperties: false } : object
}
