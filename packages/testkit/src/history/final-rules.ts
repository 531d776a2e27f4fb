import type { FinalItem, FinalState } from './final-state.js'
import type { ItemHistory } from './item-facts.js'
import type { RecordedOperation } from './operation.js'
import { type HistoryRule, type Violation, witnessOf } from './violation.js'

const TERMINAL = ['completed', 'failed', 'cancelled']

/** What was acknowledged is there at the end, and what is there at the end was asked for. */
export const finalViolations = (
  history: ItemHistory,
  final: FinalItem | undefined,
  { isPruned = false }: Pick<FinalState, 'isPruned'>,
): readonly Violation[] => {
  const { item } = history
  const violation = (rule: HistoryRule, what: string, ...witness: readonly RecordedOperation[]): Violation => ({
    rule,
    what,
    item,
    witness: witnessOf(...witness),
  })
  if (!final) {
    if (isPruned) return []
    const [first] = [...history.acknowledged, ...history.facts.map(({ operation }) => operation)]
    return first ? [violation('item.lost', 'it was acknowledged, and is not there', first)] : []
  }
  const found: Violation[] = []
  const end = history.ends.find(({ isTransition }) => isTransition) ?? history.ends.find(({ state }) => state)
  if (end) {
    const { operation, state, token } = end
    const { name, value } = operation.call
    const isTokenWrong = token !== undefined && token !== final.token
    const isValueWrong = name === 'leases.complete' && state === 'completed' && value !== (final.value ?? undefined)
    if (state !== final.state || isTokenWrong || isValueWrong)
      found.push(
        violation(
          'item.end_lost',
          `it ended as ${state} (${token}, ${value}), and is ${final.state} (${final.token}, ${final.value})`,
          operation,
        ),
      )
  } else if (history.ends[0] && !TERMINAL.includes(final.state)) {
    found.push(violation('item.end_lost', `it had ended, and is ${final.state}`, history.ends[0].operation))
  }
  if (final.state === 'completed' && !history.ends.some(({ isTransition }) => isTransition)) {
    const isAsked = history.unknownEnds.some(
      ({ call }) => call.name === 'leases.complete' && call.token === final.token && call.value === final.value,
    )
    const isRepeat = history.ends.some(({ state, token }) => state === 'completed' && token === final.token)
    if (!isAsked && !isRepeat)
      found.push(violation('item.end_unexplained', `it is completed by token ${final.token}, and nobody asked for it`))
  }
  const highest = history.facts.reduce<(typeof history.facts)[number] | undefined>(
    (most, fact) => (most && most.token >= fact.token ? most : fact),
    undefined,
  )
  if (highest && highest.token > final.token)
    found.push(
      violation(
        'item.token_lost',
        `token ${highest.token} was in use, and the item's is ${final.token}`,
        highest.operation,
      ),
    )
  for (const { id, position, operation } of history.checkpoints) {
    const kept = final.checkpoints?.get(id)
    const mayBeGone = isPruned && kept === undefined
    if (final.checkpoints && kept !== position && !mayBeGone)
      found.push(
        violation('checkpoint.lost', `checkpoint ${id} was at ${position}, and is at ${kept ?? 'no place'}`, operation),
      )
  }
  return found
}
