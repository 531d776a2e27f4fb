import type { DurabilityLevel } from '@holdfast/schema'

/** What the store can say about one acknowledged write. */
export interface Receipt {
  /** What the write survives; a property of the file. */
  readonly durability: DurabilityLevel
  /** When its COMMIT was known to have returned, UTC milliseconds. */
  readonly committedAtMs: number
  /** How many operations shared its transaction, and so its fsync. 1 when it ran alone. */
  readonly groupSize: number
}

/** A write's answer with its receipt. */
export interface Receipted<Result> {
  readonly value: Result
  readonly receipt: Receipt
}
