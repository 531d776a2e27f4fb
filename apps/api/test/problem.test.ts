import { engineErrorCodes } from '@holdfast/engine'
import '@holdfast/memory'
import { errorCodes, LeaseLostError, StoreCorruptError, StoreError } from '@holdfast/store'
import { describe, expect, it } from 'vitest'
import { problemKind, PROBLEM_KINDS } from '../src/problem-kinds.js'
import { problemOf, RequestRefusedError } from '../src/problem.js'

/** Codes of the engine that end in a work item's failure or a worker's log, and never in an HTTP answer. */
const NOT_OVER_HTTP = [
  'config.invalid',
  'config.not_found',
  'task.invalid_output',
  'task.non_retryable',
  'work_item.cancelled',
  'work_item.deadline_exceeded',
  'work_item.timeout',
  'worker.shutdown',
]

describe('a problem document', () => {
  it('has a status for every code that the store and memory can refuse with, but for backups: no route makes one', () => {
    const overHttp = errorCodes().filter((code) => !/^(backup|restore)\./.test(code))

    expect(overHttp.filter((code) => !problemKind(code))).toEqual([])
  })

  it("has a status for the engine's codes, but for those that never leave over HTTP", () => {
    expect(engineErrorCodes().filter((code) => !problemKind(code))).toEqual(NOT_OVER_HTTP)
  })

  it('carries the stable code, the title and the details of the typed error', () => {
    const error = new LeaseLostError('lease on item-1 was lost', { heldToken: 1, currentToken: 2 })

    const { problem, headers } = problemOf(error, 'r1')

    expect(problem).toEqual({
      type: 'urn:holdfast:problem:lease.lost',
      title: 'The lease was lost',
      status: 409,
      detail: 'lease on item-1 was lost',
      code: 'lease.lost',
      instance: 'urn:holdfast:request:r1',
      details: { heldToken: 1, currentToken: 2 },
    })
    expect(headers['Content-Type']).toBe('application/problem+json')
  })

  it.each([
    new Error('SELECT secret FROM /var/lib/app.db'),
    new StoreError('some.new_code', '/var/lib/app.db is odd'),
    new StoreCorruptError('/var/lib/app.db: page 3', { path: '/var/lib/app.db' }),
    'thrown text with /var/lib/app.db',
    undefined,
  ])('tells nothing of the inside of a server failure (%#)', (error) => {
    const { problem } = problemOf(error, 'r1')

    expect(problem.status).toBe(500)
    expect(JSON.stringify(problem)).not.toContain('/var/lib')
  })

  it('says when to come back where a repeat may succeed', () => {
    const retryAfter = (code: string) => problemOf(new StoreError(code, ''), 'r').headers['Retry-After']

    for (const [code, kind] of Object.entries(PROBLEM_KINDS)) {
      if ([429, 503, 507].includes(kind.status)) expect(retryAfter(code), code).toMatch(/^\d+$/)
    }
    expect(retryAfter('idempotency.in_progress')).toBe('1')
    expect(retryAfter('lease.lost')).toBeUndefined()
  })

  it('carries issues and headers of a refusal of this API', () => {
    const error = new RequestRefusedError('task.invalid_input', 'no', {
      issues: [{ path: ['a', 0], message: 'wrong' }],
      headers: { Allow: 'GET' },
    })

    const { problem, headers } = problemOf(error, 'r')

    expect(problem.issues).toEqual([{ path: ['a', 0], message: 'wrong' }])
    expect(headers.Allow).toBe('GET')
  })
})
