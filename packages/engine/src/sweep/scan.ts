import type { Recovery } from '@holdfast/store'

/** One item, or one step, that a scan could not do. The others went on. */
export interface ScanError {
  readonly step: string
  readonly workItemId?: string
  readonly code: string
  readonly message: string
}

/** What one scan did. */
export interface Scan {
  readonly atMs: number
  readonly durationMs: number
  /** Expired leases, and leases of dead processes. */
  readonly found: number
  /** Requeued, with attempts left. */
  readonly recovered: number
  /** Ended, with none left. */
  readonly failed: number
  readonly errorCheckpoints: number
  readonly deadProcesses: number
  /** `scheduled` items whose time had come. */
  readonly promoted: number
  /** Items that nobody held and whose deadline had passed. */
  readonly overdue: number
  /** Items of tasks whose cancellation had been cut short. */
  readonly cancelled: number
  readonly expiredKeys: number
  readonly prunedCheckpoints: number
  /** Why expired leases were left for a heartbeat's time: what they say can't be trusted at the moment. */
  readonly deferred: 'lock_wait' | 'clock_jump' | 'first_look' | null
  readonly errors: readonly ScanError[]
}

type Sums = { -readonly [Name in Exclude<keyof Scan, 'atMs' | 'durationMs' | 'deferred' | 'errors'>]: number }

/** Adds up one scan as it goes. */
export class ScanTally {
  readonly sums: Sums = {
    found: 0,
    recovered: 0,
    failed: 0,
    errorCheckpoints: 0,
    deadProcesses: 0,
    promoted: 0,
    overdue: 0,
    cancelled: 0,
    expiredKeys: 0,
    prunedCheckpoints: 0,
  }
  readonly errors: ScanError[] = []
  deferred: Scan['deferred'] = null

  addRecovery(step: string, { found, recovered, failed, errorCheckpoints, errors }: Recovery): void {
    this.sums.found += found
    this.sums.recovered += recovered.length
    this.sums.failed += failed.length
    this.sums.errorCheckpoints += errorCheckpoints
    this.errors.push(...errors.map((error) => ({ step, ...error })))
  }

  addError(step: string, error: unknown): void {
    const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
    this.errors.push({ step, code: typeof code === 'string' ? code : 'unknown', message: String(message ?? error) })
  }

  finish(atMs: number, durationMs: number): Scan {
    return { atMs, durationMs, ...this.sums, deferred: this.deferred, errors: [...this.errors] }
  }
}
