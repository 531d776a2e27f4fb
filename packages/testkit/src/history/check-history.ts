import { checkpointViolations } from './checkpoint-rules.js'
import { finalViolations } from './final-rules.js'
import type { FinalState } from './final-state.js'
import { emptyHistory, itemHistories } from './item-facts.js'
import { journalViolations } from './journal-rules.js'
import { keyHistories, keyViolations } from './key-rules.js'
import { leaseViolations } from './lease-rules.js'
import type { RecordedOperation } from './operation.js'
import type { Violation } from './violation.js'

/** What a history came to. */
export interface HistoryVerdict {
  readonly operations: number
  readonly items: number
  readonly keys: number
  /** Operations of unknown outcome: each is taken to have happened at any later time, or never. */
  readonly unknown: number
  /** Empty when every promise held; at most `limit` of them. */
  readonly violations: readonly Violation[]
}

/**
 * Checks what callers saw, and what is left, against the promises of a store.
 *
 * - Each item's lease register is linearizable, unknown operations included: tokens strictly grow, a write is accepted
 *   only under a lease that was granted, has not ended, and below no token that was seen before the write was made; a
 *   refusal tells the truth.
 * - At most one call ends an item. The end that was acknowledged is the one that is there, with its result.
 * - Checkpoint positions are given once, growing, and a repeat is told its own.
 * - One key has one request, one execution that counts and one answer; a conflict and `in progress` have their cause.
 * - Nothing that was acknowledged is missing from the final state or its journal, and the journal's order is not
 *   contradicted by time.
 *
 * Operations may come from several processes of one host; every caller must be among them, except for those who only
 * revoke (a sweep, a cancellation). Takes O(n log n): see `contradictions` for why no search is needed.
 *
 * @param final What was left when all had stopped, for example by {@link readFinalState}.
 */
export const checkHistory = (
  operations: readonly RecordedOperation[],
  final?: FinalState,
  { limit = 100 }: { readonly limit?: number } = {},
): HistoryVerdict => {
  const items = itemHistories(operations)
  const keys = keyHistories(operations)
  const violations: Violation[] = []
  const claims = { firstUnknownClaimNs: firstUnknownClaimOf(operations) }
  const finalItems = new Map(final?.items.map((each) => [each.item, each]))
  const unmentioned = [...finalItems.keys()].filter((item) => !items.has(item)).map(emptyHistory)
  for (const history of [...items.values(), ...unmentioned]) {
    if (violations.length >= limit) break
    violations.push(...leaseViolations(history, claims), ...checkpointViolations(history))
    if (!final) continue
    const left = finalItems.get(history.item)
    violations.push(...finalViolations(history, left, final))
    if (left?.events) violations.push(...journalViolations(history, left.events, final))
  }
  const finalKeys = new Map(final?.keys.map((each) => [each.key, each]))
  for (const [key, ofKey] of keys) {
    if (violations.length >= limit) break
    const left = final && { kept: finalKeys.get(key), effects: final.effects?.get(key) ?? 0 }
    violations.push(...keyViolations(key, ofKey, left))
  }
  return {
    operations: operations.length,
    items: items.size,
    keys: keys.size,
    unknown: operations.filter(({ answer }) => answer.as === 'unknown').length,
    violations: violations.slice(0, limit),
  }
}

const firstUnknownClaimOf = (operations: readonly RecordedOperation[]): number => {
  let first = Infinity
  for (const { call, answer, invokedAtNs } of operations)
    if (call.name === 'leases.claim' && answer.as === 'unknown' && invokedAtNs < first) first = invokedAtNs
  return first
}
