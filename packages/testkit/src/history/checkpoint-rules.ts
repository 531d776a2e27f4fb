import type { CheckpointFact, ItemHistory } from './item-facts.js'
import { contradictions } from './real-time-order.js'
import { type Violation, witnessOf } from './violation.js'

/** Positions of one item are given once each, in the order of time and of tokens, and a repeat is told its own. */
export const checkpointViolations = ({ item, checkpoints }: ItemHistory): readonly Violation[] => {
  const violations: Violation[] = []
  const byId = new Map<string, CheckpointFact>()
  for (const fact of checkpoints) {
    const known = byId.get(fact.id)
    if (known && known.position !== fact.position)
      violations.push({
        rule: 'checkpoint.moved',
        what: `checkpoint ${fact.id} is at ${known.position}, and at ${fact.position}`,
        item,
        witness: witnessOf(known.operation, fact.operation),
      })
    if (!known || fact.answeredAtNs < known.answeredAtNs) byId.set(fact.id, fact)
  }
  const sorted = [...byId.values()].sort((a, b) => a.position - b.position)
  sorted.forEach((fact, at) => {
    const before = sorted[at - 1]
    if (!before) return
    const witness = witnessOf(before.operation, fact.operation)
    if (before.position === fact.position)
      violations.push({
        rule: 'checkpoint.position_twice',
        what: `position ${fact.position} was given to ${before.id} and to ${fact.id}`,
        item,
        witness,
      })
    else if (before.token !== undefined && fact.token !== undefined && before.token > fact.token)
      violations.push({
        rule: 'checkpoint.order',
        what: `position ${fact.position} is of token ${fact.token}, and the one before of token ${before.token}`,
        item,
        witness,
      })
  })
  for (const { lower, higher } of contradictions(sorted, (a, b) => a.position - b.position))
    violations.push({
      rule: 'checkpoint.order',
      what: `position ${lower.position} was given after position ${higher.position} had been`,
      item,
      witness: witnessOf(higher.operation, lower.operation),
    })
  return violations
}
