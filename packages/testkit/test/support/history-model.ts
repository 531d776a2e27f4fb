import type { Answer, Call, FinalEvent, FinalItem, FinalState, RecordedOperation } from '../../src/history/index.js'
import fc from 'fast-check'

/** One thing that a caller may do at a moment, and how long it was on its way there and back. */
export const historyStep = fc.record({
  do: fc.constantFrom(
    'claim',
    'claim',
    'claim',
    'claim',
    'heartbeat',
    'checkpoint',
    'complete',
    'fail',
    'retry',
    'release',
    'revoke',
    'late',
    'again',
    'key',
    'key',
    'answer',
    'otherRequest',
  ),
  item: fc.nat(3),
  before: fc.nat(60),
  after: fc.nat(60),
  isLost: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  pick: fc.nat(9),
})
export type HistoryStep = typeof historyStep extends fc.Arbitrary<infer Value> ? Value : never

interface ModelItem {
  token: number
  state: 'pending' | 'running' | 'completed' | 'failed'
  value: string | null
  /** Tokens that were held once: what a zombie may try. */
  readonly old: number[]
  /** The last end of a lease: its owner may ask for it again, having had no answer. */
  settled: (Played & { readonly leaves: string }) | undefined
  readonly checkpoints: Map<string, number>
  readonly events: FinalEvent[]
}

interface ModelKey {
  token: number
  isHeld: boolean
  value: string | null
}

/**
 * A store that does one thing at a time, as the promises say, and the history that overlapping callers would have of
 * it: each call takes effect at a moment of its own, some time after it was asked and some time before it is answered.
 */
export const playHistory = (
  steps: readonly HistoryStep[],
): { readonly operations: readonly RecordedOperation[]; readonly final: FinalState } => {
  const items = Array.from({ length: 4 }, newItem)
  const keys = Array.from({ length: 4 }, (): ModelKey => ({ token: 0, isHeld: false, value: null }))
  const operations: RecordedOperation[] = []
  steps.forEach((step, index) => {
    const atNs = index * 10
    for (const { call, answer } of play(step, index, items, keys)) {
      const isLost = step.isLost
      operations.push({
        process: `p${step.pick % 3}`,
        call,
        answer: isLost ? { as: 'unknown' } : answer,
        invokedAtNs: atNs - step.before,
        answeredAtNs: isLost ? Infinity : atNs + step.after,
      })
    }
  })
  return { operations, final: finalOf(items, keys) }
}

const newItem = (): ModelItem => ({
  token: 0,
  state: 'pending',
  value: null,
  old: [],
  settled: undefined,
  checkpoints: new Map(),
  events: [{ position: 1, type: 'item.enqueued', token: 0 }],
})

interface Played {
  readonly call: Call
  readonly answer: Answer
}

const play = (step: HistoryStep, index: number, items: ModelItem[], keys: ModelKey[]): readonly Played[] => {
  const item = items[step.item] as ModelItem
  const name = `t/item-${step.item}`
  const write = (type: string, checkpoint?: string): void => {
    item.events.push({
      position: item.events.length + 1,
      type,
      token: item.token,
      ...(checkpoint === undefined ? {} : { checkpoint }),
    })
  }
  const under = (call: string, rest: Partial<Call> = {}): Call => ({
    name: call,
    item: name,
    token: item.token,
    ...rest,
  })
  const end = (state: ModelItem['state'], type: string): void => {
    item.old.push(item.token)
    item.state = state
    write(type)
  }
  const settle = (played: Played): readonly Played[] => {
    item.settled = { ...played, leaves: `${item.token} ${item.state}` }
    return [played]
  }
  switch (step.do) {
    case 'again': {
      // The store recognises it as long as nobody else has had the item.
      const { settled } = item
      if (!settled || settled.leaves !== `${item.token} ${item.state}`) return []
      const isRepeat = settled.call.name === 'leases.complete'
      return [{ call: settled.call, answer: { ...settled.answer, ...(isRepeat && { isRepeat }) } as Answer }]
    }
    case 'claim': {
      if (item.state !== 'pending') return [{ call: { name: 'leases.claim' }, answer: { as: 'ok', leases: [] } }]
      item.token += 1
      item.state = 'running'
      write('lease.claimed')
      return [{ call: { name: 'leases.claim' }, answer: { as: 'ok', leases: [{ item: name, token: item.token }] } }]
    }
    case 'heartbeat':
      return item.state === 'running' ? [{ call: under('leases.heartbeat'), answer: { as: 'ok' } }] : []
    case 'checkpoint': {
      if (item.state !== 'running') return []
      const id = `c${index}`
      const position = item.checkpoints.size + 1
      item.checkpoints.set(id, position)
      write('checkpoint.appended', id)
      return [{ call: under('checkpoints.append', { id }), answer: { as: 'ok', position } }]
    }
    case 'complete': {
      if (item.state !== 'running') return []
      const call = under('leases.complete', { value: `r${index}` })
      item.value = `r${index}`
      end('completed', 'item.completed')
      return settle({ call, answer: { as: 'ok', state: 'completed', isRepeat: false } })
    }
    case 'fail': {
      if (item.state !== 'running') return []
      const call = under('leases.fail', { value: `e${index}` })
      end('failed', 'item.failed')
      return settle({ call, answer: { as: 'ok', state: 'failed' } })
    }
    case 'retry': {
      if (item.state !== 'running') return []
      const call = under('leases.fail', { value: `e${index}` })
      end('pending', 'item.retried')
      return settle({ call, answer: { as: 'ok', state: 'pending' } })
    }
    case 'release': {
      if (item.state !== 'running') return []
      const call = under('leases.release')
      item.old.push(item.token)
      item.token += 1
      item.state = 'pending'
      write('lease.released')
      return settle({ call, answer: { as: 'ok', state: 'pending' } })
    }
    case 'revoke': {
      // A sweep that nobody recorded.
      if (item.state !== 'running') return []
      item.old.push(item.token)
      item.token += 1
      item.state = 'pending'
      write('lease.expired')
      return []
    }
    case 'late': {
      const token = item.old[step.pick % Math.max(item.old.length, 1)]
      if (token === undefined) return []
      const isOwnEnd = token === item.token && item.state !== 'pending' && item.state !== 'running'
      const call = { name: 'leases.heartbeat', item: name, token }
      return [
        {
          call,
          answer: isOwnEnd
            ? { as: 'failed', code: 'work_item.already_terminal', state: item.state }
            : { as: 'failed', code: 'lease.lost', token: item.token, state: item.state },
        },
      ]
    }
    default:
      return playKey(step, index, keys)
  }
}

const playKey = (step: HistoryStep, index: number, keys: ModelKey[]): readonly Played[] => {
  const key = keys[step.item] as ModelKey
  const name = `t/key-${step.item}`
  const ask: Call = { name: 'idempotency.checkOrCreate', key: name, request: 'q' }
  if (step.do === 'key') {
    if (key.value !== null) return [{ call: ask, answer: { as: 'ok', outcome: 'completed', value: key.value } }]
    // Now and then the owner is found dead.
    if (key.isHeld && step.pick > 2) return [{ call: ask, answer: { as: 'ok', outcome: 'in_progress' } }]
    const outcome = key.token === 0 ? 'created' : 'taken_over'
    key.token += 1
    key.isHeld = true
    return [{ call: ask, answer: { as: 'ok', outcome, token: key.token } }]
  }
  if (step.do === 'answer') {
    if (!key.isHeld || key.value !== null) return []
    key.value = `a${index}`
    return [
      {
        call: { name: 'idempotency.complete', key: name, token: key.token, value: key.value },
        answer: { as: 'ok', isRepeat: false },
      },
    ]
  }
  if (key.token === 0) return []
  return [{ call: { ...ask, request: 'another' }, answer: { as: 'failed', code: 'idempotency.conflict' } }]
}

const finalOf = (items: readonly ModelItem[], keys: readonly ModelKey[]): FinalState => ({
  items: items.map(
    ({ state, token, value, checkpoints, events }, at): FinalItem => ({
      item: `t/item-${at}`,
      state,
      token,
      value,
      checkpoints,
      events,
    }),
  ),
  keys: keys.flatMap(({ token, value }, at) =>
    token === 0 ? [] : [{ key: `t/key-${at}`, state: value === null ? 'pending' : 'completed', value }],
  ),
})
