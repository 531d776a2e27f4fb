import type { RecordedOperation } from './operation.js'
import type { Timed } from './real-time-order.js'

/** Where in the life of one token a fact belongs. */
export const PHASE = { granted: 0, held: 1, settled: 2, after: 3 } as const

/**
 * One thing that a history says about the lease register of one item.
 *
 * `claim`: the token was granted. `write`: a write under it was accepted. `settle`: its owner ended it. `sight`: a
 * refusal or a read told the register's value.
 */
export interface ItemFact extends Timed {
  readonly kind: 'claim' | 'write' | 'settle' | 'sight'
  readonly operation: RecordedOperation
  readonly token: number
  readonly phase: number
  /** How the lease was seen to end, where it was. */
  readonly ending: string | undefined
}

/** An accepted change of an item to a terminal state, or the news that it has ended. */
export interface EndFact extends Timed {
  readonly operation: RecordedOperation
  readonly token: number | undefined
  readonly state: string | undefined
  /** The result that a completion was granted with, the first time or again. */
  readonly value: string | undefined
  /** True where this very call ended it. */
  readonly isTransition: boolean
}

/** An accepted checkpoint. The same id may have been appended several times: that is one checkpoint. */
export interface CheckpointFact extends Timed {
  readonly operation: RecordedOperation
  readonly id: string
  readonly position: number
  /** Under which it was written; undefined where one of several tries may have been the one. */
  readonly token: number | undefined
}

/** All that a history says about one item. */
export interface ItemHistory {
  readonly item: string
  readonly facts: ItemFact[]
  readonly ends: EndFact[]
  readonly checkpoints: CheckpointFact[]
  /** Attempts to end it whose outcome nobody knows. */
  readonly unknownEnds: RecordedOperation[]
  /** Any granted call that names it: it must be there at the end. */
  readonly acknowledged: RecordedOperation[]
}

const TERMINAL = new Set(['completed', 'failed', 'cancelled'])

/** Of an item that nobody has said anything of. */
export const emptyHistory = (item: string): ItemHistory => ({
  item,
  facts: [],
  ends: [],
  checkpoints: [],
  unknownEnds: [],
  acknowledged: [],
})

/** Sorts a history by items: promises about items hold for each alone, so each is checked alone. */
export const itemHistories = (operations: readonly RecordedOperation[]): ReadonlyMap<string, ItemHistory> => {
  const items = new Map<string, ItemHistory>()
  const of = (item: string): ItemHistory => {
    let history = items.get(item)
    if (!history) {
      history = emptyHistory(item)
      items.set(item, history)
    }
    return history
  }
  const tries = new Tries(operations)
  for (const operation of operations) {
    const { call, answer } = operation
    if (answer.as === 'ok') {
      for (const { item, token } of answer.leases ?? []) addFact(of(item), operation, 'claim', token, PHASE.granted)
      for (const item of answer.ended ?? []) addEnd(of(item), operation, 'failed', true)
    }
    if (call.item !== undefined) tell(of(call.item), operation, tries)
  }
  return items
}

/** Calls that the store grants again, without saying that it has done them before. */
const REPEATABLE = new Set(['checkpoints.append', 'leases.fail', 'leases.release'])

/** What makes two calls tries of one: a checkpoint is known by its id, an end by its lease and what it says. */
const tryOf = ({ call }: RecordedOperation): string =>
  call.id === undefined
    ? `${call.name} ${call.item} ${call.token} ${call.value}`
    : `${call.name} ${call.item} ${call.id}`

/** When each repeatable call was first tried: a later try may tell of an earlier one that nobody had an answer of. */
class Tries {
  readonly #first = new Map<string, RecordedOperation>()
  readonly #repeated = new Set<string>()

  constructor(operations: readonly RecordedOperation[]) {
    for (const operation of operations) {
      if (!REPEATABLE.has(operation.call.name)) continue
      const name = tryOf(operation)
      const first = this.#first.get(name)
      if (first) this.#repeated.add(name)
      if (!first || operation.invokedAtNs < first.invokedAtNs) this.#first.set(name, operation)
    }
  }

  firstInvokedAtNs(operation: RecordedOperation): number {
    return this.#first.get(tryOf(operation))?.invokedAtNs ?? operation.invokedAtNs
  }

  isRepeated(operation: RecordedOperation): boolean {
    return this.#repeated.has(tryOf(operation))
  }
}

const tell = (history: ItemHistory, operation: RecordedOperation, tries: Tries): void => {
  const { call, answer } = operation
  if (answer.as === 'ok') {
    if (provesTheItem(operation)) history.acknowledged.push(operation)
    tellGrant(history, operation, tries)
  } else if (answer.as === 'failed') {
    tellRefusal(history, operation)
  } else if (call.name === 'leases.complete' || call.name === 'leases.fail') {
    history.unknownEnds.push(operation)
  }
}

/** A submission that repeats a key's may be told of another item; and a read may find nothing. */
const provesTheItem = ({ call, answer }: RecordedOperation): boolean =>
  answer.as === 'ok' &&
  (call.token !== undefined ||
    answer.token !== undefined ||
    call.name === 'tasks.cancel' ||
    (call.name === 'tasks.submit' && !(answer.isRepeat && answer.value !== undefined)))

const tellGrant = (history: ItemHistory, operation: RecordedOperation, tries: Tries): void => {
  const { call, answer } = operation
  if (answer.as !== 'ok') return
  const { name, token } = call
  if (name === 'tasks.cancel') {
    if (answer.state === 'ended') addEnd(history, operation, undefined, false)
  } else if (token === undefined) {
    if (answer.token !== undefined) tellSight(history, operation, answer.token, answer.state)
  } else if (name === 'leases.complete' || name === 'leases.fail' || name === 'leases.release') {
    tellSettlement(history, operation, token, tries)
  } else if (name === 'checkpoints.append') {
    tellCheckpoint(history, operation, token, tries)
  } else {
    addFact(history, operation, 'write', token, PHASE.held)
  }
}

const tellRefusal = (history: ItemHistory, operation: RecordedOperation): void => {
  const { call, answer } = operation
  if (answer.as !== 'failed') return
  if (answer.code === 'lease.lost' && answer.token !== undefined)
    tellSight(history, operation, answer.token, answer.state)
  if (call.token === undefined) return
  // It ran out, and nobody has revoked it.
  if (answer.code === 'lease.expired') tellSight(history, operation, call.token, 'running')
  // It was this very lease that ended the item.
  if (answer.code === 'work_item.already_terminal') tellSight(history, operation, call.token, answer.state)
}

const tellSight = (history: ItemHistory, operation: RecordedOperation, token: number, state: string | undefined) => {
  if (state === undefined) return
  const phase = state === 'running' ? PHASE.held : PHASE.after
  addFact(history, operation, 'sight', token, phase, state === 'running' ? undefined : endingOf(state))
  if (TERMINAL.has(state)) addEnd(history, operation, state, false, token)
}

/** How a lease ended: what is not terminal goes back to the queue. */
const endingOf = (state: string): string => (TERMINAL.has(state) ? state : 'requeued')

const tellSettlement = (history: ItemHistory, operation: RecordedOperation, token: number, tries: Tries): void => {
  const { call, answer, answeredAtNs } = operation
  if (answer.as !== 'ok') return
  const state = answer.state ?? 'completed'
  if (answer.isRepeat) {
    tellSight(history, operation, token, state)
    return
  }
  const ending = call.name === 'leases.release' ? 'released' : endingOf(state)
  const invokedAtNs = tries.firstInvokedAtNs(operation)
  history.facts.push({ kind: 'settle', operation, token, phase: PHASE.settled, ending, invokedAtNs, answeredAtNs })
  if (TERMINAL.has(ending)) addEnd(history, operation, state, true, token)
}

const tellCheckpoint = (history: ItemHistory, operation: RecordedOperation, token: number, tries: Tries): void => {
  const { call, answer, answeredAtNs } = operation
  if (answer.as !== 'ok' || answer.position === undefined || call.id === undefined) return
  // A repeat may have been written by an earlier try, of another outcome: only a single one proves a write at its time.
  const isRepeated = tries.isRepeated(operation)
  if (!isRepeated) addFact(history, operation, 'write', token, PHASE.held)
  history.checkpoints.push({
    operation,
    id: call.id,
    position: answer.position,
    token: isRepeated ? undefined : token,
    invokedAtNs: tries.firstInvokedAtNs(operation),
    answeredAtNs,
  })
}

const addFact = (
  history: ItemHistory,
  operation: RecordedOperation,
  kind: ItemFact['kind'],
  token: number,
  phase: number,
  ending?: string,
): void => {
  const { invokedAtNs, answeredAtNs } = operation
  history.facts.push({ kind, operation, token, phase, ending, invokedAtNs, answeredAtNs })
}

const addEnd = (
  history: ItemHistory,
  operation: RecordedOperation,
  state: string | undefined,
  isTransition: boolean,
  token?: number,
): void => {
  const { call, answer, invokedAtNs, answeredAtNs } = operation
  const value = call.name === 'leases.complete' && answer.as === 'ok' ? call.value : undefined
  history.ends.push({ operation, token, state, value, isTransition, invokedAtNs, answeredAtNs })
}
