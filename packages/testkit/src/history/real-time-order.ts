/** Something that took effect at one moment between its invocation and its answer. */
export interface Timed {
  readonly invokedAtNs: number
  readonly answeredAtNs: number
}

/**
 * Finds what contradicts real time among facts whose order is known: pairs in which the later one by rank was answered
 * before the earlier one by rank was even asked for.
 *
 * Facts of one rank have no order among each other. When there is no such pair, moments for all facts exist that agree
 * with both rank and time: give each fact, by rank, the latest invocation so far; none lies after its own answer.
 * So for a register whose value grows with every change, as a fencing token does, this decides linearizability in
 * O(n log n), and the pair is the shortest witness that there can be.
 *
 * @param byRank Negative, zero or positive, as for `sort`.
 * @see Linearizability: M. Herlihy, J. Wing, 1990. Wing and Gong's search is needed only where the order isn't known.
 */
export const contradictions = <Fact extends Timed>(
  facts: readonly Fact[],
  byRank: (a: Fact, b: Fact) => number,
): readonly { readonly lower: Fact; readonly higher: Fact }[] => {
  const sorted = [...facts].sort(byRank)
  const found: { lower: Fact; higher: Fact }[] = []
  let firstAnswered: Fact | undefined
  for (let end = sorted.length; end > 0; ) {
    let start = end - 1
    const top = sorted[start] as Fact
    while (start > 0 && byRank(sorted[start - 1] as Fact, top) === 0) start -= 1
    const group = sorted.slice(start, end)
    const higher = firstAnswered
    if (higher) for (const lower of group) if (higher.answeredAtNs < lower.invokedAtNs) found.push({ lower, higher })
    for (const fact of group) if (!firstAnswered || fact.answeredAtNs < firstAnswered.answeredAtNs) firstAnswered = fact
    end = start
  }
  return found
}
