import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkHistory, describeViolation, type HistoryRule, type RecordedOperation } from '../src/history/index.js'
import { historyStep, playHistory } from './support/history-model.js'

/** Replay a failure with the seed that it prints: `HOLDFAST_TEST_SEED=… npx vitest run …`. */
const seed = Number(process.env.HOLDFAST_TEST_SEED ?? Date.now() % 2 ** 31)

const steps = fc.array(historyStep, { minLength: 5, maxLength: 80 })

type History = ReturnType<typeof playHistory>

const rulesOf = ({ operations, final }: History): readonly HistoryRule[] =>
  checkHistory(operations, final).violations.map(({ rule }) => rule)

/** A store that breaks one promise, once: gives nothing where the history has no place for it. */
interface Mutation {
  readonly name: string
  /** One of them must be named. */
  readonly rules: readonly HistoryRule[]
  readonly break: (history: History, pick: number) => History | undefined
}

type Find = (operation: RecordedOperation) => boolean

const one = (operations: readonly RecordedOperation[], pick: number, find: Find): RecordedOperation | undefined => {
  const found = operations.filter(find)
  return found[pick % Math.max(found.length, 1)]
}

const isOk =
  (name: string): Find =>
  ({ call, answer }) =>
    call.name === name && answer.as === 'ok'

const grants: Find = ({ answer }) => answer.as === 'ok' && (answer.leases?.length ?? 0) > 0

const lastAnsweredNs = (operations: readonly RecordedOperation[]): number =>
  Math.max(0, ...operations.map(({ answeredAtNs }) => answeredAtNs).filter(Number.isFinite))

/** The same history, and one more operation after all others. */
const andThen = ({ operations, final }: History, operation: Pick<RecordedOperation, 'call' | 'answer'>): History => {
  const atNs = lastAnsweredNs(operations)
  return {
    final,
    operations: [...operations, { ...operation, process: 'zombie', invokedAtNs: atNs + 1, answeredAtNs: atNs + 2 }],
  }
}

const MUTATIONS: readonly Mutation[] = [
  {
    name: 'gives one token to two claims',
    rules: ['lease.granted_twice'],
    break: (history, pick) => {
      const claim = one(history.operations, pick, grants)
      return claim && andThen(history, claim)
    },
  },
  {
    name: 'accepts a write under a token that was overtaken',
    rules: ['lease.stale_write', 'lease.write_after_end'],
    break: (history, pick) => {
      const { operations } = history
      const lease = (operation: RecordedOperation) =>
        operation.answer.as === 'ok' ? operation.answer.leases?.[0] : undefined
      const old = one(operations, pick, (operation) => {
        const held = lease(operation)
        return operations.some((other) => {
          const newer = lease(other)
          return held && newer && newer.item === held.item && newer.token > held.token
        })
      })
      const held = old && lease(old)
      return held && andThen(history, { call: { name: 'leases.heartbeat', ...held }, answer: { as: 'ok' } })
    },
  },
  {
    name: 'accepts a write after the lease had ended',
    rules: ['lease.write_after_end'],
    break: (history, pick) => {
      const end = one(history.operations, pick, isOk('leases.complete'))
      if (!end) return undefined
      const { item = '', token = 0 } = end.call
      return andThen(history, { call: { name: 'leases.heartbeat', item, token }, answer: { as: 'ok' } })
    },
  },
  {
    name: 'accepts a write under a token that nobody was given',
    rules: ['lease.never_granted'],
    break: (history) =>
      history.operations.some(({ call, answer }) => call.name === 'leases.claim' && answer.as === 'unknown')
        ? undefined
        : andThen(history, {
            call: { name: 'leases.heartbeat', item: 't/item-0', token: 1_000 },
            answer: { as: 'ok' },
          }),
  },
  {
    name: 'accepts two ends of one item',
    rules: ['item.two_ends'],
    break: (history, pick) => {
      const end = one(history.operations, pick, isOk('leases.complete'))
      return end && andThen(history, { ...end, call: { ...end.call, value: 'another result' } })
    },
  },
  {
    name: 'claims an item that had ended',
    rules: ['item.alive_after_end'],
    break: (history, pick) => {
      const end = one(history.operations, pick, isOk('leases.complete'))
      if (!end) return undefined
      const { item = '', token = 0 } = end.call
      const leases = [{ item, token: token + 1 }]
      return andThen(history, { call: { name: 'leases.claim' }, answer: { as: 'ok', leases } })
    },
  },
  {
    name: 'loses a completion that it had acknowledged',
    rules: ['item.end_lost'],
    break: ({ operations, final }, pick) => {
      const end = one(operations, pick, isOk('leases.complete'))
      if (!end) return undefined
      const items = final.items.map((each) =>
        each.item === end.call.item ? { ...each, state: 'running', value: null } : each,
      )
      return { operations, final: { ...final, items } }
    },
  },
  {
    name: 'loses the result that it had acknowledged',
    rules: ['item.end_lost'],
    break: ({ operations, final }, pick) => {
      const end = one(operations, pick, isOk('leases.complete'))
      if (!end) return undefined
      const items = final.items.map((each) => (each.item === end.call.item ? { ...each, value: 'x' } : each))
      return { operations, final: { ...final, items } }
    },
  },
  {
    name: 'completes an item that nobody asked it to complete',
    rules: ['item.end_unexplained'],
    break: ({ operations, final }, pick) => {
      const end = one(operations, pick, isOk('leases.complete'))
      if (!end) return undefined
      const { item } = end.call
      const asked = operations.filter(({ call }) => call.item !== item || call.name !== 'leases.complete')
      return { operations: asked, final }
    },
  },
  {
    name: 'lets a token fall',
    rules: ['item.token_lost'],
    break: ({ operations, final }, pick) => {
      const claim = one(operations, pick, grants)
      const lease = claim?.answer.as === 'ok' ? claim.answer.leases?.[0] : undefined
      if (!lease) return undefined
      const items = final.items.map((each) => (each.item === lease.item ? { ...each, token: lease.token - 1 } : each))
      return { operations, final: { ...final, items } }
    },
  },
  {
    name: 'writes its journal in another order than it answered in',
    rules: ['journal.order', 'journal.tokens'],
    break: ({ operations, final }, pick) => {
      const append = one(operations, pick, isOk('checkpoints.append'))
      const item = final.items.find((each) => each.item === append?.call.item)
      const events = item?.events ?? []
      const at = events.findIndex(({ checkpoint }) => checkpoint === append?.call.id)
      const [claim, appended] = [events[at - 1], events[at]]
      if (!append || !item || !claim || !appended || claim.type !== 'lease.claimed') return undefined
      // The claim was acknowledged before the append was made: only then does time tell their order.
      const granted = operations.find(
        ({ answer }) =>
          answer.as === 'ok' && answer.leases?.some((lease) => lease.item === item.item && lease.token === claim.token),
      )
      if (!granted || granted.answeredAtNs >= append.invokedAtNs) return undefined
      const swapped = events.map((event, i) => ({
        ...(i === at - 1 ? appended : i === at ? claim : event),
        position: event.position,
      }))
      const items = final.items.map((each) => (each === item ? { ...item, events: swapped } : each))
      return { operations, final: { ...final, items } }
    },
  },
  {
    name: 'gives one position to two checkpoints',
    rules: ['checkpoint.position_twice'],
    break: (history, pick) => {
      const append = one(history.operations, pick, isOk('checkpoints.append'))
      return append && andThen(history, { ...append, call: { ...append.call, id: 'another' } })
    },
  },
  {
    name: 'loses a checkpoint that it had acknowledged',
    rules: ['checkpoint.lost'],
    break: ({ operations, final }, pick) => {
      const append = one(operations, pick, isOk('checkpoints.append'))
      if (!append) return undefined
      const items = final.items.map((each) => {
        const checkpoints = new Map(each.checkpoints)
        checkpoints.delete(append.call.id ?? '')
        return { ...each, checkpoints }
      })
      return { operations, final: { ...final, items } }
    },
  },
  {
    name: 'changes state without a word in the journal',
    rules: ['journal.missing'],
    break: ({ operations, final }, pick) => {
      const claim = one(operations, pick, grants)
      const lease = claim?.answer.as === 'ok' ? claim.answer.leases?.[0] : undefined
      if (!lease) return undefined
      const items = final.items.map((each) => ({
        ...each,
        events: (each.events ?? [])
          .filter(({ type, token }) => each.item !== lease.item || type !== 'lease.claimed' || token !== lease.token)
          .map((event, at) => ({ ...event, position: at + 1 })),
      }))
      return { operations, final: { ...final, items } }
    },
  },
  {
    name: 'tells a zombie an older token than the current one',
    rules: ['lease.stale_sight'],
    break: (history, pick) => {
      const claim = one(history.operations, pick, grants)
      const lease = claim?.answer.as === 'ok' ? claim.answer.leases?.[0] : undefined
      if (!lease) return undefined
      return andThen(history, {
        call: { name: 'leases.heartbeat', item: lease.item, token: lease.token + 9 },
        answer: { as: 'failed', code: 'lease.lost', token: lease.token - 1, state: 'pending' },
      })
    },
  },
  {
    name: 'answers one key in two ways',
    rules: ['key.answers_differ'],
    break: (history, pick) => {
      const answer = one(history.operations, pick, isOk('idempotency.complete'))
      if (!answer) return undefined
      const { key = '' } = answer.call
      return andThen(history, {
        call: { name: 'idempotency.checkOrCreate', key, request: 'q' },
        answer: { as: 'ok', outcome: 'completed', value: 'another' },
      })
    },
  },
  {
    name: 'lets a key run again after its answer',
    rules: ['key.executed_twice'],
    break: (history, pick) => {
      const answer = one(history.operations, pick, isOk('idempotency.complete'))
      if (!answer) return undefined
      const { key = '', token = 0 } = answer.call
      return andThen(history, {
        call: { name: 'idempotency.checkOrCreate', key, request: 'q' },
        answer: { as: 'ok', outcome: 'taken_over', token: token + 1 },
      })
    },
  },
  {
    name: 'accepts another request under a key',
    rules: ['key.conflict_missed'],
    break: (history, pick) => {
      const ask = one(history.operations, pick, isOk('idempotency.checkOrCreate'))
      return (
        ask &&
        andThen(history, {
          call: { ...ask.call, request: 'another' },
          answer: { as: 'ok', outcome: 'in_progress' },
        })
      )
    },
  },
  {
    name: 'calls a key running that has its answer',
    rules: ['key.running_after_answer'],
    break: (history, pick) => {
      const answer = one(history.operations, pick, isOk('idempotency.complete'))
      if (!answer) return undefined
      const { key = '' } = answer.call
      return andThen(history, {
        call: { name: 'idempotency.checkOrCreate', key, request: 'q' },
        answer: { as: 'ok', outcome: 'in_progress' },
      })
    },
  },
  {
    name: 'loses the answer of a key',
    rules: ['key.answer_lost'],
    break: ({ operations, final }, pick) => {
      const answer = one(operations, pick, isOk('idempotency.complete'))
      if (!answer) return undefined
      const keys = final.keys.filter(({ key }) => key !== answer.call.key)
      return { operations, final: { ...final, keys } }
    },
  },
]

describe('a history of overlapping callers', () => {
  it('is accepted when some order of its operations is what the promises say, whatever stayed unknown', () => {
    const property = fc.property(steps, (some) => {
      const { operations, final } = playHistory(some)

      expect(checkHistory(operations, final).violations.map(describeViolation)).toEqual([])
    })

    fc.assert(property, { seed, numRuns: 1_000 })
  })

  it.each(MUTATIONS)('is refused from a store that $name', ({ rules, break: mutate }) => {
    let broken = 0
    const property = fc.property(steps, fc.nat(100), (some, pick) => {
      const history = mutate(playHistory(some), pick)
      if (!history) return
      broken += 1

      const found = rulesOf(history)
      expect(
        rules.some((rule) => found.includes(rule)),
        found.join(),
      ).toBe(true)
    })

    fc.assert(property, { seed, numRuns: 1_500 })
    expect(broken).toBeGreaterThan(10)
  })
})
