import type { WorkerEvent } from './worker-event.js'

/** Counters since the worker started; they only grow. */
export interface Counts {
  readonly claims: number
  readonly emptyClaims: number
  readonly claimed: number
  readonly completed: number
  readonly retried: number
  readonly failed: number
  readonly released: number
  readonly lost: number
  readonly abandoned: number
  readonly errors: number
}

type Counter = { -readonly [Name in keyof Counts]: number }

const COUNTER_OF: { readonly [Event in WorkerEvent['event']]?: keyof Counts } = {
  'item.completed': 'completed',
  'item.retried': 'retried',
  'item.failed': 'failed',
  'item.released': 'released',
  'item.lost': 'lost',
  'item.abandoned': 'abandoned',
  'worker.error': 'errors',
}

/** Counts what a worker does, from the events it tells. */
export class Tally {
  readonly #counts: Counter = {
    claims: 0,
    emptyClaims: 0,
    claimed: 0,
    completed: 0,
    retried: 0,
    failed: 0,
    released: 0,
    lost: 0,
    abandoned: 0,
    errors: 0,
  }

  claimed(items: number): void {
    this.#counts.claims += 1
    if (items === 0) this.#counts.emptyClaims += 1
    this.#counts.claimed += items
  }

  note({ event }: WorkerEvent): void {
    const counter = COUNTER_OF[event]
    if (counter) this.#counts[counter] += 1
  }

  counts(): Counts {
    return { ...this.#counts }
  }
}
