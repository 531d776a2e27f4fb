import type { FinalKey } from './final-state.js'
import type { Call, RecordedOperation } from './operation.js'
import { contradictions, type Timed } from './real-time-order.js'
import { type HistoryRule, type Violation, witnessOf } from './violation.js'

/** Calls that ask for a key with a request; all others hold its token. */
const asksForKey = ({ call }: RecordedOperation): boolean =>
  call.name === 'idempotency.checkOrCreate' || call.name === 'tasks.submit' || call.name.startsWith('http.')

const isForget = ({ call }: RecordedOperation): boolean => call.name === 'idempotency.forget'

/** The answer that a call stored, or was told: every one of a key is the same, byte for byte. */
const answerOf = ({ call, answer }: RecordedOperation): string | undefined => {
  if (answer.as !== 'ok') return undefined
  if (call.name === 'idempotency.complete') return call.value
  if (call.name === 'tasks.submit') return answer.value ?? (answer.isRepeat ? undefined : call.value)
  return answer.value
}

const refusedAs = ({ answer }: RecordedOperation, code: string): boolean =>
  answer.as === 'failed' && answer.code === code

const isRunning = (operation: RecordedOperation): boolean =>
  refusedAs(operation, 'idempotency.in_progress') ||
  (operation.answer.as === 'ok' && operation.answer.outcome === 'in_progress')

const isGrant = ({ answer }: RecordedOperation): boolean =>
  answer.as === 'ok' && (answer.outcome === 'created' || answer.outcome === 'taken_over')

/** Sorts a history by keys. */
export const keyHistories = (
  operations: readonly RecordedOperation[],
): ReadonlyMap<string, readonly RecordedOperation[]> => {
  const keys = new Map<string, RecordedOperation[]>()
  for (const operation of operations) {
    const { key } = operation.call
    if (key === undefined) continue
    const known = keys.get(key)
    if (known) known.push(operation)
    else keys.set(key, [operation])
  }
  return keys
}

/** What is left of one key. */
export interface KeyAtTheEnd {
  readonly kept: FinalKey | undefined
  /** How often its effect was seen to have happened. */
  readonly effects: number
}

/**
 * One key and one request: one execution that counts, one answer for everybody, a conflict for any other request, and
 * `in progress` only while somebody is at it.
 *
 * A key that was forgotten in between may run again, so of it only the order of its tokens is checked. Keys must not
 * expire while the history lasts.
 */
export const keyViolations = (
  key: string,
  operations: readonly RecordedOperation[],
  left: KeyAtTheEnd | undefined,
): readonly Violation[] => {
  const violation: Report = (rule, what, ...witness) => ({ rule, what, key, witness: witnessOf(...witness) })
  const ofTokens = tokenOrder(operations, violation)
  if (operations.some((operation) => isForget(operation) && operation.answer.as !== 'failed')) return ofTokens
  return [
    ...ofTokens,
    ...differentAnswers(operations, violation),
    ...executedTwice(operations, violation),
    ...conflicts(operations, violation),
    ...running(operations, violation),
    ...(left ? atTheEnd(operations, left, violation) : []),
  ]
}

type Report = (rule: HistoryRule, what: string, ...witness: readonly RecordedOperation[]) => Violation

const differentAnswers = (operations: readonly RecordedOperation[], violation: Report): readonly Violation[] => {
  const answered = operations.filter((operation) => answerOf(operation) !== undefined)
  const [first] = answered
  const other = answered.find((operation) => first && answerOf(operation) !== answerOf(first))
  if (!first || !other) return []
  const what = `it was answered with ${answerOf(first)}, and with ${answerOf(other)}`
  return [violation('key.answers_differ', what, first, other)]
}

/** Two accepted completions, or a grant to execute that was asked for after the answer was there. */
const executedTwice = (operations: readonly RecordedOperation[], violation: Report): readonly Violation[] => {
  const completions = operations.filter(
    ({ call, answer }) => call.name === 'idempotency.complete' && answer.as === 'ok' && !answer.isRepeat,
  )
  const [first, second] = completions
  if (first && second) return [violation('key.executed_twice', 'two completions were accepted', first, second)]
  const answered = operations.filter((operation) => answerOf(operation) !== undefined)
  const before = firstAnswered(answered)
  const again = operations.find(
    (operation) => isGrant(operation) && before !== undefined && before.answeredAtNs < operation.invokedAtNs,
  )
  if (before && again)
    return [violation('key.executed_twice', 'it was given away again after its answer', before, again)]
  const grantAbove = operations.find(
    (operation) =>
      isGrant(operation) &&
      operation.answer.as === 'ok' &&
      first?.call.token !== undefined &&
      (operation.answer.token ?? 0) > first.call.token,
  )
  if (first && grantAbove)
    return [violation('key.executed_twice', 'it was completed under a token that was taken over', first, grantAbove)]
  return []
}

const conflicts = (operations: readonly RecordedOperation[], violation: Report): readonly Violation[] => {
  const asking = operations.filter((operation) => asksForKey(operation) && operation.call.request !== undefined)
  const accepted = asking.filter(({ answer }) => answer.as === 'ok')
  const [first] = accepted
  const other = accepted.find(({ call }) => first && call.request !== first.call.request)
  const found: Violation[] = []
  if (first && other) found.push(violation('key.conflict_missed', 'two requests were accepted', first, other))
  const asked = firstAskedOfRequests(asking)
  const unfounded = asking.find(
    (operation) =>
      refusedAs(operation, 'idempotency.conflict') &&
      !(earliestOfOthers(asked, operation.call.request) <= operation.answeredAtNs),
  )
  if (unfounded)
    found.push(violation('key.conflict_without_cause', 'nobody has used it for another request', unfounded))
  return found
}

/** When each request was first made that wasn't refused, earliest first. */
const firstAskedOfRequests = (asking: readonly RecordedOperation[]): readonly (readonly [string, number])[] => {
  const first = new Map<string, number>()
  for (const { call, answer, invokedAtNs } of asking) {
    const { request = '' } = call
    if (answer.as !== 'failed') first.set(request, Math.min(first.get(request) ?? Infinity, invokedAtNs))
  }
  return [...first].sort(([, one], [, other]) => one - other)
}

const earliestOfOthers = (asked: readonly (readonly [string, number])[], request: string | undefined): number =>
  asked.find(([each]) => each !== request)?.[1] ?? Infinity

const firstAnswered = (answered: readonly RecordedOperation[]): RecordedOperation | undefined =>
  answered.reduce<RecordedOperation | undefined>(
    (first, operation) => (first && first.answeredAtNs <= operation.answeredAtNs ? first : operation),
    undefined,
  )

const running = (operations: readonly RecordedOperation[], violation: Report): readonly Violation[] => {
  const answer = firstAnswered(operations.filter((operation) => answerOf(operation) !== undefined))
  const called = operations.filter(isRunning)
  const late = called.find(({ invokedAtNs }) => answer !== undefined && answer.answeredAtNs < invokedAtNs)
  // Whoever may hold it: all that asked for it and weren't turned away.
  const heldSinceNs = operations.reduce(
    (since, operation) =>
      asksForKey(operation) && operation.answer.as !== 'failed' && !isRunning(operation)
        ? Math.min(since, operation.invokedAtNs)
        : since,
    Infinity,
  )
  const unfounded = called.find(({ answeredAtNs }) => answeredAtNs < heldSinceNs)
  return [
    ...(answer && late
      ? [violation('key.running_after_answer', 'it had its answer, and was called running', answer, late)]
      : []),
    ...(unfounded ? [violation('key.running_without_cause', 'nobody had asked for it', unfounded)] : []),
  ]
}

interface KeyFact extends Timed {
  readonly operation: RecordedOperation
  readonly token: number
  readonly phase: number
}

/** The key's own lease: a token that grows, and no write under one that was taken over. */
const tokenOrder = (operations: readonly RecordedOperation[], violation: Report): readonly Violation[] => {
  const failures = firstFailures(operations)
  const facts = operations.flatMap((operation) => factsOf(operation, failures))
  const [first] = contradictions(facts, (a, b) => a.token - b.token || a.phase - b.phase)
  if (!first) return []
  const { lower, higher } = first
  const [rule, what] = isGrant(lower.operation)
    ? (['key.token_order', `token ${lower.token} came after ${higher.token}`] as const)
    : ([
        'key.stale_write',
        `a write under token ${lower.token} was accepted after token ${higher.token} had been in use`,
      ] as const)
  return [violation(rule, what, higher.operation, lower.operation)]
}

/**
 * A failure may be told again, without a word that it is a repeat: then it happened at any time since its first try.
 *
 * @returns When each was first tried, by token and error.
 */
const firstFailures = (operations: readonly RecordedOperation[]): ReadonlyMap<string, number> => {
  const first = new Map<string, number>()
  for (const { call, invokedAtNs } of operations) {
    if (call.name !== 'idempotency.fail') continue
    const name = failureOf(call)
    first.set(name, Math.min(first.get(name) ?? Infinity, invokedAtNs))
  }
  return first
}

const failureOf = ({ name, token, value }: Call): string => `${name} ${token} ${value}`

const factsOf = (operation: RecordedOperation, failures: ReadonlyMap<string, number>): readonly KeyFact[] => {
  const { call, answer, answeredAtNs } = operation
  const invokedAtNs = failures.get(failureOf(call)) ?? operation.invokedAtNs
  const fact = (token: number, phase: number): KeyFact[] => [{ operation, token, phase, invokedAtNs, answeredAtNs }]
  if (answer.as === 'ok' && isGrant(operation) && answer.token !== undefined) return fact(answer.token, 0)
  if (refusedAs(operation, 'idempotency.lost') && answer.as === 'failed' && answer.token !== undefined)
    return fact(answer.token, answer.state === 'pending' ? 1 : 3)
  if (answer.as !== 'ok' || call.token === undefined) return []
  if (call.name === 'idempotency.heartbeat') return fact(call.token, 1)
  return fact(call.token, answer.isRepeat ? 3 : 2)
}

const atTheEnd = (
  operations: readonly RecordedOperation[],
  { kept, effects }: KeyAtTheEnd,
  violation: Report,
): readonly Violation[] => {
  const found: Violation[] = []
  const [first] = operations
  if (first && effects > 1) found.push(violation('key.two_effects', `its effect happened ${effects} times`, first))
  const answered = operations.find((operation) => answerOf(operation) !== undefined)
  // The API keeps another form of the answer than the one that it gives.
  if (!answered || answered.call.name.startsWith('http.')) return found
  if (kept?.state !== 'completed' || kept.value !== answerOf(answered)) {
    const what = `its answer is gone: it is ${kept?.state ?? 'not there'} (${kept?.value ?? 'no answer'})`
    found.push(violation('key.answer_lost', what, answered))
  }
  return found
}
