import type { StoreMetrics } from '../../store.js'
import type { GroupOutcome } from '../group.js'

/** Latencies kept for the percentiles: enough for a p99, cheap enough to sort when asked. */
const SAMPLES = 1_024

/** Counts what the queue did. */
export class QueueMetrics {
  #highWaterMark = 0
  #groups = 0
  #operations = 0
  #retries = 0
  #failures = 0
  readonly #latenciesMs = new Float64Array(SAMPLES)
  #measured = 0

  queued(size: number): void {
    if (size > this.#highWaterMark) this.#highWaterMark = size
  }

  ran(outcome: GroupOutcome): void {
    this.#groups += 1
    this.#operations += outcome.verdicts.length
    if (outcome.ranAlone) this.#retries += 1
    for (const verdict of outcome.verdicts) {
      if (!verdict.ok && verdict.refusal.code.startsWith('store.')) this.#failures += 1
    }
  }

  answered(latencyMs: number): void {
    this.#latenciesMs[this.#measured % SAMPLES] = latencyMs
    this.#measured += 1
  }

  read(queueSize: number, oldestWaitingMs: number): StoreMetrics {
    const sorted = this.#latenciesMs.slice(0, Math.min(this.#measured, SAMPLES)).sort()
    const percentile = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? 0
    return {
      queueSize,
      queueHighWaterMark: this.#highWaterMark,
      oldestWaitingMs,
      groups: this.#groups,
      operations: this.#operations,
      meanGroupSize: this.#groups === 0 ? 0 : this.#operations / this.#groups,
      retries: this.#retries,
      failures: this.#failures,
      latencyP50Ms: percentile(0.5),
      latencyP99Ms: percentile(0.99),
    }
  }
}
