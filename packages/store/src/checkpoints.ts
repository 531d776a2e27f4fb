import type { CheckpointType, VerificationOutcome } from '@holdfast/schema'
import { operation, query, type Operation } from './operation.js'
import type { Payload } from './payload.js'
import type { LeaseRef } from './work-items.js'

export interface AppendCheckpointArgs extends LeaseRef {
  /** Made by the caller, so that an append of unknown outcome can be repeated. */
  readonly id: string
  readonly type: Exclude<CheckpointType, 'error_boundary'>
  readonly name: string | null
  /** True for what a resuming attempt replays: retention keeps it while the item lives. */
  readonly isReplayed: boolean
  readonly snapshot: Payload
  readonly metadata: string | null
  /** JSON evidence pack, checked by `verify`. */
  readonly evidence: string | null
  readonly nowMs: number
}

export interface CheckpointRecord {
  readonly seq: number
  readonly id: string
  readonly taskId: string
  /** Null once the item was deleted. */
  readonly workItemId: string | null
  readonly position: number
  readonly type: CheckpointType
  readonly name: string | null
  readonly isReplayed: boolean
  readonly fencingToken: number
  readonly attempt: number
  readonly snapshot: Payload
  readonly metadata: string | null
  readonly evidence: string | null
  readonly createdAtMs: number
  /** The outcome of its last verification; null when it was never verified. */
  readonly verification: VerificationOutcome | null
}

export interface LatestCheckpointArgs {
  readonly tenant: string
  readonly workItemId: string
  readonly type: CheckpointType | null
  /** Only checkpoints whose last verification found everything. */
  readonly onlyVerified: boolean
}

export interface ListCheckpointsArgs {
  readonly tenant: string
  readonly workItemId: string
  readonly type: CheckpointType | null
  /** Older than this position; null for the newest. */
  readonly beforePosition: number | null
  readonly limit: number
}

export interface RecordVerificationArgs {
  readonly tenant: string
  readonly checkpointId: string
  readonly outcome: VerificationOutcome
  /** JSON: one finding per piece of evidence. */
  readonly findings: string
  readonly verifiedBy: string
  readonly nowMs: number
}

/**
 * Adds a checkpoint at the item's next position. Appending the same id again answers with the position it has.
 * Refused: `lease.lost`, `work_item.not_found`, `work_item.already_terminal`, `checkpoint.conflict`.
 */
export const appendCheckpoint: Operation<AppendCheckpointArgs, { readonly id: string; readonly position: number }> =
  operation('checkpoints.append')

/** Notes in the journal that a step has begun. Refused as `append`. */
export const beginCheckpoint: Operation<
  LeaseRef & { readonly type: CheckpointType; readonly name: string | null; readonly nowMs: number },
  { readonly position: number }
> = operation('checkpoints.begin')

/** Adds a verification of its own; the checkpoint stays as it was. Refused: `checkpoint.not_found`. */
export const recordVerification: Operation<RecordVerificationArgs, { readonly outcome: VerificationOutcome }> =
  operation('checkpoints.recordVerification')

/** Deletes one checkpoint under a permit. Refused: `checkpoint.not_found`, `checkpoint.protected`. */
export const removeCheckpoint: Operation<{ readonly tenant: string; readonly id: string }, { readonly removed: true }> =
  operation('checkpoints.remove')

/** The last checkpoint, of one type or of any: what work resumes from. */
export const latestCheckpoint: Operation<LatestCheckpointArgs, CheckpointRecord | null> = query('checkpoints.latest')

export const getCheckpoint: Operation<{ readonly tenant: string; readonly id: string }, CheckpointRecord | null> =
  query('checkpoints.get')

/** Newest first. */
export const listCheckpoints: Operation<ListCheckpointsArgs, readonly CheckpointRecord[]> = query('checkpoints.list')

/**
 * Whether a row that fits `match` exists, and whether one of them has `values` as well, for `db_row` evidence. Table
 * and columns must be ones that the file has: they are looked up, never pasted. Of a table with a column `tenant` only
 * the tenant's own rows are seen. Refused: `input.invalid`.
 */
export const evidenceRowExists: Operation<
  {
    readonly tenant: string
    readonly table: string
    readonly match: { readonly [column: string]: string | number | null }
    readonly values: { readonly [column: string]: string | number | null }
  },
  { readonly exists: boolean; readonly matches: boolean }
> = query('checkpoints.evidenceRow')
