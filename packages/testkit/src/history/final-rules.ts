import type { FinalItem, FinalState } from './final-state.js'
import type { EndFact, ItemHistory } from './item-facts.js'
import type { RecordedOperation } from './operation.js'
import { type HistoryRule, type Violation, witnessOf } from './violation.js'

const TERMINAL = ['completed', 'failed', 'cancelled']

/** What was acknowledged is there at the end, and what is there at the end was asked for. */
export const finalViolations = (
  history: ItemHistory,
  final: FinalItem | undefined,
  { isPruned = false }: Pick<FinalState, 'isPruned'>,
): readonly Violation[] => {
  if (!final) return isPruned ? [] : itemLost(history)
  return [
    ...endLost(history, final),
    ...endUnexplained(history, final),
    ...tokenLost(history, final),
    ...checkpointsLost(history, final, isPruned),
  ]
}

const violation = (
  rule: HistoryRule,
  what: string,
  { item }: ItemHistory,
  ...witness: readonly RecordedOperation[]
): Violation => ({ rule, what, item, witness: witnessOf(...witness) })

const itemLost = (history: ItemHistory): readonly Violation[] => {
  const [first] = [...history.acknowledged, ...history.facts.map(({ operation }) => operation)]
  return first ? [violation('item.lost', 'it was acknowledged, and is not there', history, first)] : []
}

/** The end that was acknowledged is the one that is there, with its token and its result. */
const endLost = (history: ItemHistory, final: FinalItem): readonly Violation[] => {
  const { ends } = history
  const end = ends.find(({ isTransition }) => isTransition) ?? ends.find(({ state }) => state) ?? ends[0]
  if (!end || isAsLeft(end, final)) return []
  const said = `${end.state ?? 'something'} (${end.token}, ${end.value})`
  const what = `it ended as ${said}, and is ${final.state} (${final.token}, ${final.value})`
  return [violation('item.end_lost', what, history, end.operation)]
}

/** What an answer doesn't tell agrees with anything. */
const isAsLeft = ({ state, token, value }: EndFact, final: FinalItem): boolean =>
  (state === undefined ? TERMINAL.includes(final.state) : state === final.state) &&
  (token === undefined || token === final.token) &&
  (value === undefined || value === final.value)

/** Only a lease leads to `completed`: somebody must have asked for it, whether he had an answer or not. */
const endUnexplained = (history: ItemHistory, final: FinalItem): readonly Violation[] => {
  if (final.state !== 'completed') return []
  const isGranted = history.ends.some(({ value }) => value !== undefined)
  const isAsked = history.unknownEnds.some(
    ({ call }) => call.name === 'leases.complete' && call.token === final.token && call.value === final.value,
  )
  if (isGranted || isAsked) return []
  const what = `it is completed by token ${final.token} with ${final.value}, and nobody asked for that`
  return [violation('item.end_unexplained', what, history)]
}

const tokenLost = (history: ItemHistory, final: FinalItem): readonly Violation[] => {
  const found = history.facts.find(({ token }) => token > final.token)
  if (!found) return []
  const what = `token ${found.token} was in use, and the item's is ${final.token}`
  return [violation('item.token_lost', what, history, found.operation)]
}

const checkpointsLost = (history: ItemHistory, final: FinalItem, isPruned: boolean): readonly Violation[] => {
  const { checkpoints: kept } = final
  if (!kept) return []
  return history.checkpoints.flatMap(({ id, position, operation }) => {
    const left = kept.get(id)
    if (left === position || (isPruned && left === undefined)) return []
    const what = `checkpoint ${id} was at ${position}, and is at ${left ?? 'no place'}`
    return violation('checkpoint.lost', what, history, operation)
  })
}
