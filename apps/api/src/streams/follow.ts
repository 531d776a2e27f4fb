import { setTimeout as sleep } from 'node:timers/promises'
import { HEARTBEAT, RETRY, formatEvent, type ServerSentEvent } from './server-sent-event.js'

/** What one look at the store found. */
export interface Batch {
  /** What is new since the last look, in order. */
  readonly events: readonly ServerSentEvent[]
  /** True when more is there already, so that the next look need not wait. */
  readonly hasMore: boolean
  /** Set when nothing will ever follow: the data of the closing `end` event. */
  readonly end: { readonly state: string } | null
}

/** How often a stream looks at the store, and how long it may be silent. */
export interface Pace {
  /** The pause after news, doubled at each look that finds none… */
  readonly leastPollMs: number
  /** …up to this. */
  readonly mostPollMs: number
  readonly heartbeatMs: number
}

/** A stream asks for at most a fifth of its time, so that many of them share a store that is slow to answer. */
const PAUSES_PER_LOOK = 4

export const PACE: Pace = { leastPollMs: 250, mostPollMs: 1_000, heartbeatMs: 15_000 }

/**
 * Turns repeated looks at the store into an event stream: every batch in order, a heartbeat in long silences, and an
 * `end` event once nothing will follow. Ends without one when `signal` aborts.
 *
 * A generator, so the reader sets the pace: while nobody takes the last message, nothing more is read.
 *
 * @param first What the first look found; the caller takes it, because a refusal is still a plain response then.
 */
export async function* follow(
  first: Batch,
  next: () => Promise<Batch>,
  pace: Pace,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  let pollMs = pace.leastPollMs
  let lookMs = 0
  let lastSentAtMs = performance.now()
  let batch = first
  yield RETRY
  while (!signal.aborted) {
    for (const event of batch.events) yield formatEvent(event)
    if (batch.end) {
      yield formatEvent({ event: 'end', data: batch.end })
      return
    }
    if (batch.events.length > 0) {
      pollMs = pace.leastPollMs
      lastSentAtMs = performance.now()
    } else if (performance.now() - lastSentAtMs >= pace.heartbeatMs) {
      yield HEARTBEAT
      lastSentAtMs = performance.now()
    }
    if (!batch.hasMore) {
      if (!(await pauseUnlessAborted(Math.max(pollMs, lookMs * PAUSES_PER_LOOK), signal))) return
      if (batch.events.length === 0) pollMs = Math.min(pollMs * 2, pace.mostPollMs)
    }
    const lookedAtMs = performance.now()
    batch = await next()
    lookMs = performance.now() - lookedAtMs
  }
}

const pauseUnlessAborted = async (ms: number, signal: AbortSignal): Promise<boolean> => {
  try {
    await sleep(ms, undefined, { signal })
    return true
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}
