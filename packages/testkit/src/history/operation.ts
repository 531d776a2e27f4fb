/** A lease that a claim was given. */
export interface GrantedLease {
  readonly item: string
  readonly token: number
}

/** What somebody asked for, as far as the checker has to know it. */
export interface Call {
  /** The operation's own name (`leases.complete`), or `http.POST`. */
  readonly name: string
  /** The work item: `tenant/id`. */
  readonly item?: string
  /** The fencing token under which the caller writes. */
  readonly token?: number
  /** The idempotency key: `tenant/key`. */
  readonly key?: string
  /** Fingerprint of the request that the key stands for. */
  readonly request?: string
  /** Fingerprint of the result, response or error that is to be stored. */
  readonly value?: string
  /** The checkpoint's own id. */
  readonly id?: string
}

/** What an answer told. */
export interface Told {
  /** The item's or the key's token, as the answer names it. */
  readonly token?: number
  /** The item's or the key's state, as the answer names it. */
  readonly state?: string
  readonly position?: number
  /** Fingerprint of the answer that is stored under a key. */
  readonly value?: string
  /** `created`, `taken_over`, `completed`, `in_progress`: of a key. */
  readonly outcome?: string
  /** True when the store says that this very call had been granted before. */
  readonly isRepeat?: boolean
  /** Of a claim. */
  readonly leases?: readonly GrantedLease[]
  /** Items that this call ended as `failed`: of a sweep. */
  readonly ended?: readonly string[]
}

/**
 * `ok`: granted, and acknowledged. `failed`: a typed refusal, so nothing was done. `unknown`: a time-out, a lost
 * connection, `store.outcome_unknown`, or a caller that was killed: it may have taken effect at any time since, or may
 * yet do so, or never.
 */
export type Answer =
  | ({ readonly as: 'ok' } & Told)
  | ({ readonly as: 'failed'; readonly code: string } & Told)
  | { readonly as: 'unknown'; readonly code?: string }

/** One call and its answer. */
export interface RecordedOperation {
  /** Who called. */
  readonly process: string
  readonly call: Call
  readonly answer: Answer
  /** Monotonic, the same clock for all processes of a host; nanoseconds. */
  readonly invokedAtNs: number
  /** `Infinity` where the outcome is unknown: it may take effect at any later time. */
  readonly answeredAtNs: number
}

/** A history line for people. */
export const describeOperation = ({ process, call, answer, invokedAtNs, answeredAtNs }: RecordedOperation): string => {
  const { name, ...about } = call
  const ms = (ns: number): string => (Number.isFinite(ns) ? (ns / 1e6).toFixed(3) : '∞')
  return `[${ms(invokedAtNs)}, ${ms(answeredAtNs)}] ${process}: ${name} ${JSON.stringify(about)} → ${JSON.stringify(answer)}`
}
