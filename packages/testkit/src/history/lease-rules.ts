import { PHASE, type EndFact, type ItemFact, type ItemHistory } from './item-facts.js'
import type { RecordedOperation } from './operation.js'
import { contradictions } from './real-time-order.js'
import { type HistoryRule, type Violation, witnessOf } from './violation.js'

/**
 * The lease register of one item is linearizable: moments exist for all that was accepted, seen or refused, each within
 * its own interval, at which the register did just that.
 *
 * The register's value is a token that only grows, so the order of the facts is known from their answers, and it is
 * enough to compare it with real time. Revocations need not be recorded: a token may rise between any two facts.
 */
export const leaseViolations = (
  history: ItemHistory,
  { firstUnknownClaimNs }: { readonly firstUnknownClaimNs: number },
): readonly Violation[] => [
  ...grantedTwice(history),
  ...grantedToNobody(history),
  ...neverGranted(history, firstUnknownClaimNs),
  ...endedTwice(history),
  ...outOfOrder(history),
  ...twoEnds(history),
  ...aliveAfterEnd(history),
]

const violation = (
  rule: HistoryRule,
  what: string,
  { item }: ItemHistory,
  ...witness: readonly RecordedOperation[]
): Violation => ({ rule, what, item, witness: witnessOf(...witness) })

const byToken = (facts: readonly ItemFact[]): ReadonlyMap<number, readonly ItemFact[]> => {
  const groups = new Map<number, ItemFact[]>()
  for (const fact of facts) {
    const group = groups.get(fact.token)
    if (group) group.push(fact)
    else groups.set(fact.token, [fact])
  }
  return groups
}

const tokenOf = ({ token }: ItemFact): number => token

const isClaim = ({ kind }: ItemFact): boolean => kind === 'claim'

const grantedTwice = (history: ItemHistory): readonly Violation[] =>
  [...byToken(history.facts.filter(isClaim))].flatMap(([token, [first, second]]) =>
    first && second
      ? violation('lease.granted_twice', `token ${token} was granted twice`, history, first.operation, second.operation)
      : [],
  )

/** A release raises the token to one that nobody holds: the next claim is given a higher one. */
const grantedToNobody = (history: ItemHistory): readonly Violation[] => {
  const raisedBy = new Map(
    history.facts.flatMap((fact) => (fact.ending === 'released' ? [[fact.token + 1, fact] as const] : [])),
  )
  const found = history.facts.find(({ token, phase }) => raisedBy.has(token) && phase !== PHASE.after)
  const release = found && raisedBy.get(found.token)
  if (!found || !release) return []
  const what = `token ${found.token} was held, and it is the one to which a release had raised the item's`
  return [violation('lease.granted_twice', what, history, release.operation, found.operation)]
}

/** A claim of unknown outcome may have granted any token of any item, from its invocation on. */
const neverGranted = (history: ItemHistory, firstUnknownClaimNs: number): readonly Violation[] => {
  const granted = new Set(history.facts.filter(isClaim).map(tokenOf))
  const found = history.facts.find(
    ({ kind, token, phase, answeredAtNs }) =>
      kind !== 'claim' &&
      (kind !== 'sight' || phase === PHASE.held) &&
      !granted.has(token) &&
      !(firstUnknownClaimNs < answeredAtNs),
  )
  if (!found) return []
  const what = `a write under token ${found.token} was accepted, which no claim was given`
  return [violation('lease.never_granted', what, history, found.operation)]
}

/** One lease ends one way: the same end may be told again, another one not. */
const endedTwice = (history: ItemHistory): readonly Violation[] =>
  [...byToken(history.facts)].flatMap(([token, facts]) => {
    const ended = facts.filter(({ ending }) => ending !== undefined)
    const [first] = ended
    const other = ended.find((fact) => first && !isSameEnd(first, fact))
    if (!first || !other) return []
    const what = `the lease of token ${token} ended as ${first.ending}, and as ${other.ending}`
    return violation('lease.ended_twice', what, history, first.operation, other.operation)
  })

const isSameEnd = (one: ItemFact, other: ItemFact): boolean => {
  if (one.ending !== other.ending) return false
  if (one.kind === 'sight' || other.kind === 'sight') return true
  const [a, b] = [one.operation, other.operation]
  // A completion tells a repeat apart; a failure and a release don't, so there the same value is the same call again.
  return a === b || (a.call.name === b.call.name && a.call.name !== 'leases.complete' && a.call.value === b.call.value)
}

const byRank = (a: ItemFact, b: ItemFact): number => a.token - b.token || a.phase - b.phase

const outOfOrder = (history: ItemHistory): readonly Violation[] =>
  contradictions(history.facts, byRank).map(({ lower, higher }) => {
    const [rule, what] = nameOf(lower, higher)
    return violation(rule, what, history, higher.operation, lower.operation)
  })

const nameOf = (lower: ItemFact, higher: ItemFact): readonly [HistoryRule, string] => {
  const { kind, token } = lower
  if (kind === 'claim')
    return ['lease.token_order', `token ${token} was granted after token ${higher.token} had been in use`]
  if (kind === 'sight')
    return ['lease.stale_sight', `token ${token} was told as the current one after token ${higher.token} had been`]
  return higher.token > token
    ? ['lease.stale_write', `a write under token ${token} was accepted after token ${higher.token} had been in use`]
    : ['lease.write_after_end', `a write under token ${token} was accepted after that lease had ended`]
}

const isSameTransition = (one: EndFact, other: EndFact): boolean =>
  one.operation.call.name === other.operation.call.name &&
  one.token !== undefined &&
  one.token === other.token &&
  one.operation.call.value === other.operation.call.value

const areDifferent = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && one !== other

/** At most one call ends an item, and everybody is told the same end. */
const twoEnds = (history: ItemHistory): readonly Violation[] => {
  const { ends } = history
  const first = ends.find(({ isTransition }) => isTransition) ?? ends.find(({ state }) => state !== undefined)
  const other = ends.find(
    (end) =>
      first !== undefined &&
      end !== first &&
      ((end.isTransition && first.isTransition && !isSameTransition(first, end)) ||
        areDifferent(end.state, first.state) ||
        areDifferent(end.value, first.value)),
  )
  if (!first || !other) return []
  const what = `it ended as ${first.state} (${first.value}), and as ${other.state} (${other.value})`
  return [violation('item.two_ends', what, history, first.operation, other.operation)]
}

/** What only an item that has not ended can answer. The end of a lease may be told again at any time. */
const isLife = ({ kind }: ItemFact): boolean => kind === 'claim' || kind === 'write'

/** A terminal state has no way out: no higher token, and no accepted call that was made after it was known. */
const aliveAfterEnd = (history: ItemHistory): readonly Violation[] => {
  const { ends, facts } = history
  const byTokenAlone = ends.filter(({ token }) => token !== undefined)
  const lowest = leastOf(byTokenAlone, ({ token = Infinity }) => token)
  const highest = leastOf(facts, ({ token }) => -token)
  const known = leastOf(ends, ({ answeredAtNs }) => answeredAtNs)
  const latest = leastOf(facts.filter(isLife), ({ invokedAtNs }) => -invokedAtNs)
  const pairs = [
    lowest?.token !== undefined && highest && highest.token > lowest.token && { end: lowest, alive: highest },
    known && latest && latest.invokedAtNs > known.answeredAtNs && { end: known, alive: latest },
  ]
  return pairs
    .filter((pair) => typeof pair === 'object')
    .slice(0, 1)
    .map(({ end, alive }) => {
      const what = `token ${alive.token} was in use although the item had ended`
      return violation('item.alive_after_end', what, history, end.operation, alive.operation)
    })
}

/** The one with the least value, in one pass; undefined of none. */
const leastOf = <Each>(all: readonly Each[], measure: (each: Each) => number): Each | undefined => {
  let least: Each | undefined
  for (const each of all) if (least === undefined || measure(each) < measure(least)) least = each
  return least
}
