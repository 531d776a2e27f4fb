import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWorker, defineTask, submitTask } from '@holdfast/engine'
import { openDatabase, openStore } from '@holdfast/store/sqlite'
import { OutcomeUnknownError, repositories, type Store } from '@holdfast/store'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  checkHistory,
  describeViolation,
  HISTORY_RULES,
  readFinalState,
  readHistory,
  recordedFetch,
  recordedStore,
  recordedSubmits,
  recordHistory,
  type HistoryRecorder,
  type RecordedOperation,
} from '../src/history/index.js'
import { openTestStore, type TestStore } from '../src/index.js'
import { driver } from './support/driver.js'

let test: TestStore
let history: HistoryRecorder
let store: Store

beforeEach(async () => {
  test = await openTestStore({ path: ':memory:', driver })
  history = recordHistory({ process: 'test' })
  store = recordedStore(test.store, history, { clock: test.clock })
})
afterEach(() => test.close())

const claimOne = async (owner = 'a') => {
  const [lease] = await store.leases.claim({ queue: 'test', owner, leaseMs: 1_000 })
  if (!lease) throw new Error('there was something to claim')
  return lease
}

const rules = async (): Promise<readonly string[]> => {
  const operations = history.operations()
  return checkHistory(operations, await readFinalState(test.store, operations)).violations.map(({ rule }) => rule)
}

describe('a recorded store', () => {
  it('notes grants, refusals with what they told, and the thing that each is about', async () => {
    await test.enqueue({ id: 'mail' })
    const stale = await claimOne()
    test.clock.advance(1_001)
    await store.sweep.recoverExpired({ sweeper: 'test' })
    await expect(store.leases.complete(stale, 'late')).rejects.toMatchObject({ code: 'lease.lost' })
    const fresh = await claimOne('b')
    await store.checkpoints.append(fresh, { id: 'c-1', type: 'manual_checkpoint', snapshot: {} })
    await store.leases.completeAll([{ lease: fresh, result: 'on time' }])
    await store.leases.completeAll([{ lease: fresh, result: 'on time' }])

    const item = 'default/mail'
    expect(history.operations().map(({ call, answer }) => ({ ...call, answer }))).toEqual([
      { name: 'leases.claim', answer: { as: 'ok', leases: [{ item, token: 1 }] } },
      { name: 'sweep.recoverExpired', answer: { as: 'ok', ended: [] } },
      {
        name: 'leases.complete',
        item,
        token: 1,
        value: '"late"',
        answer: { as: 'failed', code: 'lease.lost', token: 2, state: 'pending' },
      },
      { name: 'leases.claim', answer: { as: 'ok', leases: [{ item, token: 3 }] } },
      { name: 'checkpoints.append', item, token: 3, id: 'c-1', answer: { as: 'ok', position: 2 } },
      {
        name: 'leases.complete',
        item,
        token: 3,
        value: '"on time"',
        answer: { as: 'ok', state: 'completed', isRepeat: false },
      },
      {
        name: 'leases.complete',
        item,
        token: 3,
        value: '"on time"',
        answer: { as: 'ok', state: 'completed', isRepeat: true },
      },
    ])
    expect(await rules()).toEqual([])
  })

  it('notes each of a batch, and what the repositories call for themselves', async () => {
    for (const id of ['one', 'two']) await test.enqueue({ id })
    const leases = await store.leases.claim({ queue: 'test', owner: 'a', limit: 2 })
    await store.leases.completeAll(leases.map((lease) => ({ lease, result: lease.workItemId })))
    const answer = await store.idempotency.run('key', { request: 1 }, async () => 'done')

    expect(answer).toBe('done')
    expect(history.operations().map(({ call }) => call.name)).toEqual([
      'leases.claim',
      'leases.complete',
      'leases.complete',
      'idempotency.checkOrCreate',
      'idempotency.complete',
    ])
    expect(await rules()).toEqual([])
  })

  it('expects no item of a submission that was answered with an earlier one of its key, nor of a read that found none', async () => {
    const idempotency = { key: 'k', request: 1, response: 'first' }
    for (const id of ['first', 'second']) await store.tasks.submit({ id, type: 'test', input: null, idempotency })
    expect(await store.workItems.get('third')).toBeUndefined()

    expect(await rules()).toEqual([])
    expect((await readFinalState(test.store, history.operations())).items.map(({ item }) => item)).toEqual([
      'default/first',
    ])
  })

  it('knows that a failure of a lease or of a key, and a release, may be told again', async () => {
    for (const id of ['one', 'two']) await test.enqueue({ id })
    const failure = { code: 'test.failed', message: 'no' }
    const failed = await claimOne()
    for (let i = 0; i < 2; i += 1) {
      await store.leases.fail(failed, failure, { retryAtMs: test.clock.nowMs() })
      await store.leases.status(failed.workItemId)
    }
    const released = await claimOne('b')
    for (let i = 0; i < 2; i += 1) {
      await store.leases.release(released)
      await store.leases.status(released.workItemId)
    }
    const key = await store.idempotency.checkOrCreate('k', { request: 1 })
    if (!('ref' in key)) throw new Error('the key is new')
    for (let i = 0; i < 2; i += 1) {
      await store.idempotency.fail(key.ref, failure)
      await expect(store.idempotency.complete(key.ref, 'late')).rejects.toMatchObject({ code: 'idempotency.lost' })
    }

    expect(await rules()).toEqual([])
  })

  it('misses an item that was acknowledged and is not there', async () => {
    await store.tasks.submit({ id: 'mail', type: 'test', input: null })
    const operations = history.operations()

    const { violations } = checkHistory(operations, { items: [], keys: [] })

    expect(violations).toMatchObject([{ rule: 'item.lost', item: 'default/mail', witness: operations }])
  })

  it('is the store that a worker works on: what the engine does is in the history', async () => {
    const double = defineTask('double', {}, async (ctx, input) => {
      await ctx.checkpoint('iteration_end', { input })
      return Number(input) * 2
    })
    const worker = createWorker({ store, tasks: [double], liveness: 'main' })
    await worker.start()
    const { taskId } = await submitTask(store, double, 21)
    await expect.poll(() => store.tasks.get(taskId)).toMatchObject({ state: 'completed', result: 42 })
    await worker.stop()

    const names = history.operations().map(({ call }) => call.name)
    expect(names).toEqual(
      expect.arrayContaining(['tasks.submit', 'leases.claim', 'checkpoints.append', 'leases.complete']),
    )
    expect(await rules()).toEqual([])
  })

  it('may miss what retention has deleted, where the caller says that it ran; and nothing that it has not', async () => {
    await test.enqueue({ id: 'mail' })
    const lease = await claimOne()
    for (const id of ['c-1', 'c-2']) await store.checkpoints.append(lease, { id, type: 'iteration_end', snapshot: {} })
    await store.checkpoints.remove('c-1')
    const operations = history.operations()
    const found = async (isPruned: boolean) =>
      checkHistory(operations, await readFinalState(test.store, operations, { isPruned })).violations

    expect(await found(false)).toMatchObject([{ rule: 'checkpoint.lost', what: expect.stringContaining('c-1') }])
    expect(await found(true)).toEqual([])
    const nothingLeft = { items: [], keys: [] }
    expect(checkHistory(operations, { ...nothingLeft, isPruned: true }).violations).toEqual([])
    expect(checkHistory(operations, nothingLeft).violations).toMatchObject([{ rule: 'item.lost' }])
  })

  it('leaves open what failed in a way that nobody knows the outcome of', async () => {
    const submit = () => Promise.reject(new OutcomeUnknownError('COMMIT failed'))
    const { leases } = repositories(recordedSubmits({ submit, submitAll: submit }, history))

    await expect(leases.claim({ queue: 'test', owner: 'a' })).rejects.toThrow('COMMIT failed')

    expect(history.operations()).toMatchObject([
      { answer: { as: 'unknown', code: 'store.outcome_unknown' }, answeredAtNs: Infinity },
    ])
  })

  it('shows a completion that plain SQL has undone, with the operation that was acknowledged', async () => {
    const onFile = await openTestStore({ driver })
    try {
      const recorded = recordedStore(onFile.store, history)
      await onFile.enqueue({ id: 'mail' })
      const [lease] = await recorded.leases.claim({ queue: 'test', owner: 'a' })
      if (lease) await recorded.leases.complete(lease, 'sent')
      const outsider = openDatabase({ path: onFile.path, role: 'writer', driver })
      outsider.exec('DROP TRIGGER work_items_guard_update')
      outsider.exec(`UPDATE work_items SET result = '"never"' WHERE id = 'mail'`)
      outsider.close()

      const operations = history.operations()
      const { violations } = checkHistory(operations, await readFinalState(onFile.store, operations))

      expect(violations).toMatchObject([
        { rule: 'item.end_lost', item: 'default/mail', witness: [{ process: 'test' }] },
      ])
      expect(violations.map(describeViolation).join()).toContain('leases.complete')
    } finally {
      await onFile.close()
    }
  })
})

describe('a history on disk', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-history-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const call = { name: 'leases.heartbeat', item: 't/i', token: 1 }

  it('reads as it was recorded; what was never answered is unknown, and a line that a kill cut short is left out', async () => {
    const file = join(folder, 'w.jsonl')
    const recorder = recordHistory({ process: 'w', file, nowNs: () => 7 })
    recorder.invoke([call, { ...call, token: 2 }])
    recorder.invoke([call])([{ as: 'ok' }])
    recorder.close()
    await writeFile(file, `${await readFile(file, 'utf8')}{"op":3,"at":9,"ca`)

    const operations = await readHistory([file])

    const about = { process: 'w', invokedAtNs: 7 }
    expect([...operations].sort((a, b) => (a.call.token ?? 0) - (b.call.token ?? 0))).toEqual([
      { ...about, call, answer: { as: 'ok' }, answeredAtNs: 7 },
      { ...about, call, answer: { as: 'unknown' }, answeredAtNs: Infinity },
      { ...about, call: { ...call, token: 2 }, answer: { as: 'unknown' }, answeredAtNs: Infinity },
    ])
  })

  it('is refused when a line in its middle is broken, when two are of one process, and is never written over', async () => {
    const file = join(folder, 'w.jsonl')
    recordHistory({ process: 'w', file }).close()
    await writeFile(
      join(folder, 'broken.jsonl'),
      '{"process":"b","pid":1}\n{"op"\n{"op":1,"at":1,"answer":{"as":"ok"}}\n',
    )
    await writeFile(join(folder, 'again.jsonl'), await readFile(file))

    await expect(readHistory([join(folder, 'broken.jsonl')])).rejects.toThrow('no JSON')
    await expect(readHistory([file, join(folder, 'again.jsonl')])).rejects.toThrow('two histories are of process w')
    expect(() => recordHistory({ process: 'w', file })).toThrow('EEXIST')
  })
})

describe('recorded requests over HTTP', () => {
  const url = 'http://127.0.0.1/v1/tasks'
  const post = (key: string, body: string) => ({ method: 'POST', headers: { 'idempotency-key': key }, body })

  /** A server that says what it is told to. */
  const answering = (...responses: readonly (Response | Error)[]): typeof fetch => {
    const left = [...responses]
    return async () => {
      const next = left.shift()
      if (next instanceof Response) return next
      throw next ?? new Error('no answer is left')
    }
  }

  const problem = (status: number, code: string) => Response.json({ code }, { status })

  const rulesOf = async (responses: (Response | Error)[], requests: readonly RequestInit[]) => {
    const run = recordedFetch(history, answering(...responses))
    for (const request of requests) await run(url, request).catch(() => undefined)
    return checkHistory(history.operations()).violations.map(({ rule }) => rule)
  }

  it('are one request and one answer per key, with a conflict for another body and a broken connection left open', async () => {
    const found = await rulesOf(
      [
        new Error('ECONNRESET'),
        Response.json({ id: 1 }),
        Response.json({ id: 1 }),
        problem(422, 'idempotency.conflict'),
      ],
      [post('k', 'a'), post('k', 'a'), post('k', 'a'), post('k', 'b')],
    )

    expect(found).toEqual([])
    expect(
      history
        .operations()
        .map(({ answer }) => answer.as)
        .sort(),
    ).toEqual(['failed', 'ok', 'ok', 'unknown'])
  })

  it.each([
    ['key.answers_differ', [Response.json({ id: 1 }), Response.json({ id: 2 })], [post('k', 'a'), post('k', 'a')]],
    ['key.conflict_missed', [Response.json({ id: 1 }), Response.json({ id: 1 })], [post('k', 'a'), post('k', 'b')]],
    ['key.conflict_without_cause', [problem(422, 'idempotency.conflict')], [post('k', 'a')]],
    ['key.running_without_cause', [problem(409, 'idempotency.in_progress')], [post('k', 'a')]],
    [
      'key.running_after_answer',
      [Response.json({ id: 1 }), problem(409, 'idempotency.in_progress')],
      [post('k', 'a'), post('k', 'a')],
    ],
  ] as const)('show %s', async (rule, responses, requests) => {
    expect(await rulesOf([...responses], requests)).toContain(rule)
  })

  it('pass unrecorded without a key', async () => {
    await recordedFetch(history, answering(Response.json({})))(url)

    expect(history.operations()).toEqual([])
  })
})

describe('the checker', () => {
  const LARGE = 200_000
  const timed = (at: number) => ({ process: `p${at % 7}`, invokedAtNs: at * 10 - 35, answeredAtNs: at * 10 + 35 })

  /** Leases of `items` items, one after the other, each with a heartbeat, a checkpoint and a failure. */
  const leases = (items: number): readonly RecordedOperation[] =>
    Array.from({ length: LARGE / 4 }, (_, n) => {
      const lease = { item: `t/${n % items}`, token: Math.floor(n / items) + 1 }
      const append = { name: 'checkpoints.append', ...lease, id: `c${n}` }
      return [
        { call: { name: 'leases.claim' }, answer: { as: 'ok' as const, leases: [lease] } },
        { call: { name: 'leases.heartbeat', ...lease }, answer: { as: 'ok' as const } },
        { call: append, answer: { as: 'ok' as const, position: lease.token } },
        { call: { name: 'leases.fail', ...lease, value: 'e' }, answer: { as: 'ok' as const, state: 'pending' } },
      ].map((each, at) => ({ ...timed(n * 4 + at), ...each }))
    }).flat()

  /** One item that ended, and everybody who ever held it is told so; and one key that all ask for. */
  const latecomers = (): readonly RecordedOperation[] => [
    { ...timed(0), call: { name: 'leases.claim' }, answer: { as: 'ok', leases: [{ item: 't/i', token: 1 }] } },
    {
      ...timed(10),
      call: { name: 'leases.complete', item: 't/i', token: 1, value: 'r' },
      answer: { as: 'ok', state: 'completed', isRepeat: false },
    },
    {
      ...timed(11),
      call: { name: 'idempotency.checkOrCreate', key: 't/k', request: 'q' },
      answer: { as: 'ok', outcome: 'created', token: 1 },
    },
    ...Array.from({ length: LARGE / 2 }, (_, n): readonly RecordedOperation[] => [
      {
        ...timed(20 + n),
        call: { name: 'leases.heartbeat', item: 't/i', token: 1 },
        answer: { as: 'failed', code: 'work_item.already_terminal', state: 'completed' },
      },
      {
        ...timed(20 + n),
        call: { name: 'idempotency.checkOrCreate', key: 't/k', request: n % 9 === 0 ? 'another' : 'q' },
        answer: n % 9 === 0 ? { as: 'failed', code: 'idempotency.conflict' } : { as: 'ok', outcome: 'in_progress' },
      },
    ]).flat(),
  ]

  it.each([
    ['of five hundred items', leases(500)],
    ['of a single item', leases(1)],
    ['that all come too late for one item and one key', latecomers()],
  ])('judges 200,000 operations %s in seconds', (_, operations) => {
    const startedMs = performance.now()

    expect(checkHistory(operations).violations.map(describeViolation)).toEqual([])

    expect(operations.length).toBeGreaterThanOrEqual(LARGE)
    expect(performance.now() - startedMs).toBeLessThan(15_000)
  })

  it('names its rules once each', () => {
    expect(new Set(HISTORY_RULES).size).toBe(HISTORY_RULES.length)
  })
})

// The store of the README: opened by its own name.
describe('a recorder on a store that the caller opened', () => {
  it('needs nothing of the test kit’s own', async () => {
    const opened = await openStore({ path: ':memory:', driver })
    const recorded = recordedStore(opened, history)
    await recorded.tasks.submit({ id: 'one', type: 'mail', input: null })
    await recorded.close()

    expect(history.operations()).toMatchObject([{ call: { name: 'tasks.submit', item: 'default/one' } }])
  })
})
