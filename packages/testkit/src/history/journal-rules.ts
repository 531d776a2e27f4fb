import type { FinalEvent, FinalState } from './final-state.js'
import type { ItemHistory } from './item-facts.js'
import type { RecordedOperation } from './operation.js'
import { contradictions } from './real-time-order.js'
import { type HistoryRule, type Violation, witnessOf } from './violation.js'

const TERMINAL = ['item.completed', 'item.failed', 'item.cancelled']

/** What may follow an item's end: the sweep's error checkpoint, and verifications. */
const mayFollowEnd = ({ type }: FinalEvent): boolean => type.startsWith('checkpoint.')

/**
 * What every journal says of itself: no gaps, no token that falls, a claim's token above all before it, and one end.
 *
 * @returns What is wrong, by rule; empty for a sound journal.
 */
export const journalDefects = (
  events: readonly FinalEvent[],
): readonly { readonly rule: HistoryRule; readonly what: string }[] => {
  const found: { rule: HistoryRule; what: string }[] = []
  let ended: FinalEvent | undefined
  events.forEach((event, at) => {
    const before = events[at - 1]
    if (before && event.position !== before.position + 1)
      found.push({ rule: 'journal.gap', what: `position ${event.position} follows ${before.position}` })
    const isClaim = event.type === 'lease.claimed'
    if (before && (event.token < before.token || (isClaim && event.token === before.token)))
      found.push({
        rule: 'journal.tokens',
        what: `token ${event.token} follows ${before.token} at ${event.position} (${event.type})`,
      })
    if (ended && !mayFollowEnd(event))
      found.push({ rule: 'journal.two_ends', what: `${event.type} at ${event.position} follows ${ended.type}` })
    if (TERMINAL.includes(event.type)) ended ??= event
  })
  return found
}

/** The journal is sound, and agrees with what was acknowledged, in content and in order. */
export const journalViolations = (
  history: ItemHistory,
  events: readonly FinalEvent[],
  { isPruned = false }: Pick<FinalState, 'isPruned'>,
): readonly Violation[] => {
  const { item } = history
  const [first] = events
  const isCut = first === undefined || first.position > 1
  const found: Violation[] = journalDefects(events).map((defect) => ({ ...defect, item, witness: [] }))
  if (isCut && !isPruned)
    found.push({ rule: 'journal.gap', what: `it begins at ${first?.position ?? 'no row'}`, item, witness: [] })
  const rows = new Map(events.map((event) => [rowOf(event), event]))
  const placed: { operation: RecordedOperation; position: number; invokedAtNs: number; answeredAtNs: number }[] = []
  for (const { operation, row, invokedAtNs } of expectedRows(history)) {
    const event = rows.get(row)
    if (event) placed.push({ operation, position: event.position, invokedAtNs, answeredAtNs: operation.answeredAtNs })
    else if (!(isPruned && isCut))
      found.push({
        rule: 'journal.missing',
        what: `there is no ${row} in the journal`,
        item,
        witness: witnessOf(operation),
      })
  }
  for (const { lower, higher } of contradictions(placed, (a, b) => a.position - b.position))
    found.push({
      rule: 'journal.order',
      what: `position ${lower.position} was asked for after position ${higher.position} was acknowledged`,
      item,
      witness: witnessOf(higher.operation, lower.operation),
    })
  return found
}

const rowOf = ({ type, token, checkpoint }: FinalEvent): string =>
  type === 'checkpoint.appended' ? `${type} ${checkpoint}` : `${type} ${token}`

interface ExpectedRow {
  readonly operation: RecordedOperation
  readonly row: string
  readonly invokedAtNs: number
}

/** The row of each acknowledged change. A heartbeat has none. */
const expectedRows = ({ facts, checkpoints }: ItemHistory): readonly ExpectedRow[] => {
  const rows: ExpectedRow[] = []
  for (const { kind, token, ending, operation, invokedAtNs } of facts) {
    if (kind === 'claim') rows.push({ operation, row: `lease.claimed ${token}`, invokedAtNs })
    if (kind !== 'settle') continue
    const row =
      ending === 'released'
        ? `lease.released ${token + 1}`
        : ending === 'requeued'
          ? `item.retried ${token}`
          : `item.${ending} ${token}`
    rows.push({ operation, row, invokedAtNs })
  }
  for (const { id, operation, invokedAtNs } of checkpoints)
    rows.push({ operation, row: `checkpoint.appended ${id}`, invokedAtNs })
  return rows
}
