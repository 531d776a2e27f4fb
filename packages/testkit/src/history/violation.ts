import { describeOperation, type RecordedOperation } from './operation.js'

/** The rules that a history can break; see {@link checkHistory} for what each says. */
export const HISTORY_RULES = [
  'lease.granted_twice',
  'lease.token_order',
  'lease.stale_write',
  'lease.write_after_end',
  'lease.stale_sight',
  'lease.never_granted',
  'lease.ended_twice',
  'item.two_ends',
  'item.alive_after_end',
  'item.lost',
  'item.end_lost',
  'item.end_unexplained',
  'item.token_lost',
  'checkpoint.position_twice',
  'checkpoint.moved',
  'checkpoint.order',
  'checkpoint.lost',
  'journal.gap',
  'journal.tokens',
  'journal.two_ends',
  'journal.missing',
  'journal.order',
  'key.answers_differ',
  'key.executed_twice',
  'key.stale_write',
  'key.token_order',
  'key.conflict_missed',
  'key.conflict_without_cause',
  'key.running_after_answer',
  'key.running_without_cause',
  'key.answer_lost',
  'key.two_effects',
] as const
export type HistoryRule = (typeof HISTORY_RULES)[number]

/** One broken promise, with the fewest operations that show it. */
export interface Violation {
  readonly rule: HistoryRule
  /** What is wrong, for people. */
  readonly what: string
  readonly item?: string
  readonly key?: string
  /** The operations that contradict each other, or the final state; in order of invocation. */
  readonly witness: readonly RecordedOperation[]
}

/** A violation as text: what is wrong, then the operations that show it, one a line. */
export const describeViolation = ({ rule, what, item, key, witness }: Violation): string =>
  [`${rule}: ${what} (${item ?? key ?? ''})`, ...witness.map((each) => `  ${describeOperation(each)}`)].join('\n')

/** Operations in the order in which they were asked. */
export const witnessOf = (...operations: readonly RecordedOperation[]): readonly RecordedOperation[] =>
  [...new Set(operations)].sort((a, b) => a.invokedAtNs - b.invokedAtNs)
